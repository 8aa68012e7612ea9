import { beforeEach, describe, expect, test } from 'bun:test'
import { makeAdapter } from './adapter.ts'
import type { OAuthRecord, OAuthRecords, OAuthRecordsOf } from './records.ts'

const DAY = 86_400_000
const PROGRAM = { client_id: 'registered-1', client_name: 'A program', redirect_uris: ['http://127.0.0.1/cb'] }

let now = 1_000_000
let writes = 0
const kept = new Map<string, { readonly record: OAuthRecord; readonly until: number }>()
const records: OAuthRecords = {
  of: (model) =>
    ({
      async upsert(id: string, record: OAuthRecord, seconds = Infinity) {
        writes += 1
        kept.set(`${model} ${id}`, { record, until: now + seconds * 1000 })
      },
      async find(id: string) {
        const found = kept.get(`${model} ${id}`)
        return found && found.until > now ? { ...found.record } : undefined
      },
    }) as unknown as OAuthRecordsOf,
}
beforeEach(() => {
  kept.clear()
  writes = 0
})

const clients = (programs: readonly string[]) =>
  makeAdapter({
    records,
    client: (id) => (id === 'letters' ? { client_id: 'letters' } : undefined),
    foreign: new Map(),
    programs,
    now: () => now,
  })('Client')

describe('a program that registered itself', () => {
  test('is found as it registered', async () => {
    const adapter = clients(['A program'])
    await adapter.upsert('registered-1', PROGRAM, 0)
    expect(await adapter.find('registered-1')).toEqual(PROGRAM)
  })

  test('is nobody once the bundle names it no more, and is who it was once the bundle does again', async () => {
    await clients(['A program']).upsert('registered-1', PROGRAM, 0)
    expect(await clients([]).find('registered-1')).toBeUndefined()
    expect(await clients(['Another']).find('registered-1')).toBeUndefined()
    expect(await clients(['Another', 'A program']).find('registered-1')).toEqual(PROGRAM)
  })

  test('is forgotten 90 days after its last use', async () => {
    const adapter = clients(['A program'])
    await adapter.upsert('registered-1', PROGRAM, 0)
    now += 89 * DAY
    expect(await adapter.find('registered-1')).toEqual(PROGRAM)
    now += 89 * DAY
    expect(await adapter.find('registered-1')).toEqual(PROGRAM)
    now += 90 * DAY
    expect(await adapter.find('registered-1')).toBeUndefined()
  })

  test('costs one write a day, however often it asks', async () => {
    const adapter = clients(['A program'])
    await adapter.upsert('registered-1', PROGRAM, 0)
    for (let each = 0; each < 10; each++) await adapter.find('registered-1')
    expect(writes).toBe(1)
    now += DAY
    for (let each = 0; each < 10; each++) await adapter.find('registered-1')
    expect(writes).toBe(2)
  })
})

test('a client of the bundle comes first, whatever registered itself under its name', async () => {
  const adapter = clients(['A program'])
  await adapter.upsert('letters', { ...PROGRAM, client_id: 'letters' }, 0)
  expect(await adapter.find('letters')).toEqual({ client_id: 'letters' })
})
