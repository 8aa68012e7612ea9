// Nothing passes unrecorded: while the trail cannot be written every request is refused, the provider is asked nothing, and
// when it can be written again, service resumes by itself.
import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import { type Fault, faultyFiles } from '#audit/test-log.ts'
import { exchangeOf, type Rig, says, startRig } from '../rig.ts'
import { HELLO } from './hello.ts'
import { providerCount, until } from './record.ts'

const FULL = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
const full: Fault = (operation) => (['write', 'writeSynced', 'create'].includes(operation) ? FULL : undefined)
const broken: Fault = (operation) =>
  ['write', 'truncate', 'sync', 'create', 'writeSynced', 'rename'].includes(operation) ? new Error('EIO') : undefined
const well: Fault = () => undefined

let fault: Fault = well
let rig: Rig
beforeAll(async () => {
  rig = await startRig({ auditFiles: faultyFiles((operation, path) => fault(operation, path)) })
})
afterEach(() => {
  fault = well
})
afterAll(() => rig.stop())

async function expectUnavailable(response: Response): Promise<void> {
  expect(response.status).toBe(503)
  expect(await response.json()).toEqual({
    error: {
      message: expect.stringContaining(exchangeOf(response)),
      type: 'server_error',
      param: null,
      code: 'audit_unavailable',
    },
  } as never)
}

const serves = async (): Promise<boolean> => {
  const response = await rig.ask('alice', HELLO)
  await response.arrayBuffer()
  return response.status === 200
}

test.each([
  ['a full disk', full],
  ['a broken disk', broken],
] as const)('%s: every request is refused, and nothing leaves', async (_name, how) => {
  await until('it serves', serves)
  const before = await providerCount(rig)
  fault = how
  for (let turn = 0; turn < 3; turn++) {
    await expectUnavailable(await rig.ask('alice', HELLO))
    await expectUnavailable(await rig.ask('alice', { ...HELLO, stream: true }))
    // Also what would be refused anyway: a denial that is not recorded never happened.
    await expectUnavailable(await rig.ask('bob', { ...HELLO, model: 'clinic-large' }))
    await expectUnavailable(await rig.ask('alice', '{'))
    await expectUnavailable(await fetch(`${rig.url}/v1/models`))
  }
  expect(await providerCount(rig)).toBe(before)
  expect((await fetch(`${rig.url}/readyz`)).status).toBe(503)
  expect((await fetch(`${rig.url}/healthz`)).status).toBe(200)
  fault = well
  await until('it serves again, by itself', serves)
  await until('it is ready', async () => (await fetch(`${rig.url}/readyz`)).status === 200)
  expect(await providerCount(rig)).toBeGreaterThan(before)
})

test('tier 3 waits for the disk itself: a sync that fails is a refusal', async () => {
  await until('it serves', serves)
  const before = await providerCount(rig)
  fault = (operation) => (operation === 'sync' ? new Error('EIO') : undefined)
  await expectUnavailable(await rig.ask('alice', { ...HELLO, model: 'clinic-records' }))
  expect(await providerCount(rig)).toBe(before)
  fault = well
  await until('it serves again', serves)
})

test('an answer whose outcome cannot be recorded does not reach the caller', async () => {
  await until('it serves', serves)
  const ask = { ...HELLO, messages: says('one two three [[delay:150]]') }
  const plain = rig.ask('alice', ask)
  await until('the provider was asked', async () => (await lastSeen()).includes('delay:150'))
  fault = full
  await expectUnavailable(await plain)
  fault = well
  await until('it serves again', serves)
})

test('a stream whose outcome cannot be recorded does not look complete', async () => {
  await until('it serves', serves)
  const response = await rig.ask('alice', { ...HELLO, stream: true, messages: says('one two three [[delay:60]]') })
  expect(response.status).toBe(200)
  const reader = response.body!.getReader()
  let text = new TextDecoder().decode((await reader.read()).value)
  fault = full
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    text += new TextDecoder().decode(value)
  }
  expect(text).toContain('"audit_unavailable"')
  expect(text).not.toContain('[DONE]')
  expect(rig.log.join('\n')).not.toContain('one two three')
})

async function lastSeen(): Promise<string> {
  const seen = (await (await fetch(`${rig.provider}/seen`)).json()) as readonly { readonly body: string }[]
  return seen.at(-1)?.body ?? ''
}
