// What every ProviderIds promises, on each of them.
import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MadeBy, ProviderIds } from '#access/provider-ids.ts'
import { Refusal } from '#access/refusal.ts'
import { openProviderIds } from '#store/provider-ids.ts'
import { memoryProviderIds } from '../doubles/memory-provider-ids.ts'

const ALICE: MadeBy = {
  principal: { type: 'User', id: 'harbor/alice' },
  session: 'session-1',
  model: 'clinic-large',
  at: '2026-11-21T04:24:34.626Z',
  exchange: '01M7Y5JMPJ1ZBB91CGMVDY1BBG',
}
const BOB: MadeBy = {
  principal: { type: 'User', id: 'harbor/bob' },
  model: 'clinic-small',
  at: '2026-11-21T04:24:35.000Z',
  exchange: '01M7Y5JJW8Q59RZD5RQAEPG7TG',
}

const opened: { close(): void }[] = []
afterAll(() => {
  for (const each of opened) each.close()
})

const STORES: readonly (readonly [string, () => ProviderIds])[] = [
  [
    'SQLite',
    () => {
      const ids = openProviderIds(join(mkdtempSync(join(tmpdir(), 'provider-ids-')), 'runtime.db'))
      opened.push(ids)
      return ids
    },
  ],
  ['memory', memoryProviderIds],
]

describe.each(STORES)('%s', (_, make) => {
  test('an id that nobody claimed is nobody’s', () => {
    expect(make().find('openai', 'resp_1')).toBeUndefined()
  })

  test('what was claimed is found with all that was said, with and without a session', () => {
    const ids = make()
    ids.claim('openai', ['resp_1', 'msg_1'], ALICE)
    ids.claim('openai', ['resp_2'], BOB)
    for (const id of ['resp_1', 'msg_1']) {
      expect(ids.find('openai', id)).toStrictEqual({
        principal: { type: 'User', id: 'harbor/alice' },
        session: 'session-1',
        model: 'clinic-large',
        at: '2026-11-21T04:24:34.626Z',
        exchange: '01M7Y5JMPJ1ZBB91CGMVDY1BBG',
      })
    }
    expect(ids.find('openai', 'resp_2')).toStrictEqual({
      principal: { type: 'User', id: 'harbor/bob' },
      model: 'clinic-small',
      at: '2026-11-21T04:24:35.000Z',
      exchange: '01M7Y5JJW8Q59RZD5RQAEPG7TG',
    })
  })

  test('the first claim wins, and what is new beside it is kept', () => {
    const ids = make()
    ids.claim('openai', ['resp_1'], ALICE)
    ids.claim('openai', ['resp_1', 'resp_2'], BOB)
    expect(ids.find('openai', 'resp_1')?.principal.id).toBe('harbor/alice')
    expect(ids.find('openai', 'resp_2')?.principal.id).toBe('harbor/bob')
  })

  test('an id named twice in one claim, and none at all, are fine', () => {
    const ids = make()
    ids.claim('openai', ['resp_1', 'resp_1'], ALICE)
    ids.claim('openai', [], BOB)
    expect(ids.find('openai', 'resp_1')?.principal.id).toBe('harbor/alice')
  })

  test('the same id of another provider is another id', () => {
    const ids = make()
    ids.claim('openai', ['file_1'], ALICE)
    expect(ids.find('azure', 'file_1')).toBeUndefined()
    ids.claim('azure', ['file_1'], BOB)
    expect(ids.find('openai', 'file_1')?.principal.id).toBe('harbor/alice')
    expect(ids.find('azure', 'file_1')?.principal.id).toBe('harbor/bob')
  })

  test.each([
    ['resp_a', 'resp_A'],
    ['resp_1', 'resp_1 '],
    ['resp_1', 'resp_1\u0000'],
    ['resp_1', 'resp_1\u0000x'],
    ['1', '01'],
    ['1', '1.0'],
    ['\u00E9', 'e\u0301'],
    ['', ' '],
  ])('%j and %j are two ids', (first, second) => {
    const ids = make()
    ids.claim('openai', [first], ALICE)
    expect(ids.find('openai', first)?.principal.id).toBe('harbor/alice')
    expect(ids.find('openai', second)).toBeUndefined()
  })

  test('where provider ends and id begins cannot be moved', () => {
    const ids = make()
    ids.claim('a', ['b/c'], ALICE)
    expect(ids.find('a/b', 'c')).toBeUndefined()
  })

  test('half a surrogate pair is never kept, and never found', () => {
    const ids = make()
    const claim = (): void => ids.claim('openai', ['resp_1', 'resp_\uD800'], ALICE)
    expect(claim).toThrow(Refusal)
    expect(ids.find('openai', 'resp_1')).toBeUndefined()
    ids.claim('openai', ['resp_\uFFFD'], ALICE)
    expect(ids.find('openai', 'resp_\uD801')).toBeUndefined()
  })

  test('what was forgotten is nobody’s, and the rest stays', () => {
    const ids = make()
    ids.claim('openai', ['resp_1', 'resp_2'], ALICE)
    ids.forget('openai', 'resp_1')
    ids.forget('openai', 'never_there')
    ids.forget('azure', 'resp_2')
    expect(ids.find('openai', 'resp_1')).toBeUndefined()
    expect(ids.find('openai', 'resp_2')?.principal.id).toBe('harbor/alice')
  })
})
