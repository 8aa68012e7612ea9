import { afterAll, expect, test } from 'bun:test'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { publicHalves } from '#audit/key.ts'
import { makeHome, openTestLog, removeHomes, type TestHome } from '#audit/test-log.ts'
import { verifyAll } from './verify-all.ts'

afterAll(removeHomes)

/** Two logs, whose births the control log records. Another seed makes another world, with other keys. */
async function worldOf(recorded: readonly string[], seed = ''): Promise<TestHome> {
  const home = await makeHome()
  const control = await openTestLog(home, { log: 'control', seed: `control${seed}` })
  for (const name of ['gateway-0', 'gateway-1']) {
    const log = await openTestLog(home, { log: name, seed: `${name}${seed}` })
    const birth = { what: 'log-birth', subject: name, by: 'sallyport', why: 'start', after: log.verifierKey } as const
    if (recorded.includes(name)) await control.append({ kind: 'change', ...birth }, 'machine')
    await log.close()
  }
  await control.close()
  return home
}

test('every log is verified, against the key that the control log recorded at its birth', async () => {
  const home = await worldOf(['gateway-0', 'gateway-1'])
  const report = await verifyAll(home.audit)
  expect(report.logs.map(({ log, ok }) => [log, ok])).toEqual([
    ['control', true],
    ['gateway-0', true],
    ['gateway-1', true],
  ])
  expect(report).toMatchObject({ ok: true, unrecorded: [] })
})

test('a log that was replaced whole, key and all, is found', async () => {
  const home = await worldOf(['gateway-0', 'gateway-1'])
  const other = await makeHome()
  await (await openTestLog(other, { log: 'gateway-1', seed: 'forger' })).close()
  await rm(join(home.audit, 'gateway-1'), { recursive: true })
  await cp(join(other.audit, 'gateway-1'), join(home.audit, 'gateway-1'), { recursive: true })
  const report = await verifyAll(home.audit)
  expect(report.ok).toBe(false)
  expect(report.logs.map(({ ok }) => ok)).toEqual([true, true, false])
  expect(report.logs[2]?.problems[0]?.kind).toBe('wrong-key')
})

test('a second birth in the control log changes nothing: the log is held to its first key', async () => {
  const home = await worldOf(['gateway-0', 'gateway-1'])
  const other = await makeHome()
  const forged = await openTestLog(other, { log: 'gateway-1', seed: 'forger' })
  await forged.close()
  await rm(join(home.audit, 'gateway-1'), { recursive: true })
  await cp(join(other.audit, 'gateway-1'), join(home.audit, 'gateway-1'), { recursive: true })
  const control = await openTestLog(home, { log: 'control', seed: 'control' })
  const birth = {
    what: 'log-birth',
    subject: 'gateway-1',
    by: 'sallyport',
    why: 'forged',
    after: forged.verifierKey,
  } as const
  await control.append({ kind: 'change', ...birth }, 'machine')
  await control.close()
  expect((await verifyAll(home.audit)).logs.map(({ ok }) => ok)).toEqual([true, true, false])
})

test('a log that is gone is found, and one that nobody recorded is named', async () => {
  const home = await worldOf(['gateway-1'])
  await rm(join(home.audit, 'gateway-1'), { recursive: true })
  const report = await verifyAll(home.audit)
  expect(report.unrecorded).toEqual(['gateway-0'])
  expect(report.logs.map(({ log, ok }) => [log, ok])).toEqual([
    ['control', true],
    ['gateway-0', true],
    ['gateway-1', false],
  ])
  expect(report.logs[2]?.problems.map(({ kind }) => kind)).toContain('missing-log')
})

test('where there is no audit directory nothing is well', async () => {
  const home = await makeHome()
  const nothing = { ok: false, logs: [], unrecorded: [], notes: [], faults: [], removed: new Map() }
  expect(await verifyAll(home.audit)).toEqual(nothing)
})

const keysOf = async (home: TestHome) => ({ by: 'keys/', keys: await publicHalves(home.keys) })

test('an audit directory forged whole, control log and all, fails against the keys of this machine', async () => {
  const ours = await worldOf(['gateway-0', 'gateway-1'])
  const forged = await worldOf(['gateway-0', 'gateway-1'], 'forger')
  expect((await verifyAll(ours.audit, [await keysOf(ours)])).ok).toBe(true)
  const report = await verifyAll(forged.audit, [await keysOf(ours)])
  expect(report.logs.map(({ log, ok, problems }) => [log, ok, problems[0]?.kind])).toEqual([
    ['control', false, 'wrong-key'],
    ['gateway-0', false, 'wrong-key'],
    ['gateway-1', false, 'wrong-key'],
  ])
})

test('without any key from outside, the note says whose word was taken and who vouches for the rest', async () => {
  const { audit } = await worldOf(['gateway-0', 'gateway-1'], 'forger')
  const report = await verifyAll(audit)
  expect(report.ok).toBe(true)
  expect(report.notes).toEqual([
    'The key of control was taken at its word, from key.pub: whoever can write there can sign anew.' +
      ' The control log alone vouches for gateway-0, gateway-1.',
  ])
})

test('keys that are known leave nothing to note', async () => {
  const home = await worldOf(['gateway-0', 'gateway-1'])
  expect((await verifyAll(home.audit, [await keysOf(home)])).notes).toEqual([])
})

test('a key pinned from outside is held against key.pub, and against what others say', async () => {
  const home = await worldOf(['gateway-0', 'gateway-1'])
  const other = await worldOf([], 'forger')
  const pin = async (from: TestHome, log: string) => ({
    by: '--key',
    keys: new Map([[log, (await publicHalves(from.keys)).get(log) ?? '']]),
  })
  expect((await verifyAll(home.audit, [await pin(home, 'control')])).ok).toBe(true)
  const report = await verifyAll(home.audit, [await pin(other, 'gateway-1')])
  expect(report.logs.map(({ ok }) => ok)).toEqual([true, true, false])
  expect(report.logs[2]?.problems.map(({ kind, message }) => [kind, message.split(' sallyport/')[0]])).toContainEqual([
    'wrong-key',
    'the control log says that the key of this log is',
  ])
})

test('a missing control log, and a log that it does not record, are noted and do not fail', async () => {
  const home = await worldOf(['gateway-1'])
  const keys = [await keysOf(home)]
  const report = await verifyAll(home.audit, keys)
  expect([report.ok, report.notes]).toEqual([true, ['The control log records no birth of gateway-0.']])
  await rm(join(home.audit, 'control'), { recursive: true })
  const without = await verifyAll(home.audit)
  expect([without.ok, without.notes]).toEqual([
    true,
    [
      'The key of gateway-0 was taken at its word, from key.pub: whoever can write there can sign anew.',
      'The key of gateway-1 was taken at its word, from key.pub: whoever can write there can sign anew.',
      'There is no control log here: nothing records which logs there must be.',
    ],
  ])
})

test('a log whose key is on this machine must be there', async () => {
  const home = await worldOf(['gateway-0', 'gateway-1'])
  const keys = [await keysOf(home)]
  await rm(join(home.audit, 'control'), { recursive: true })
  const report = await verifyAll(home.audit, keys)
  expect(report.logs.map(({ log, ok }) => [log, ok])).toEqual([
    ['control', false],
    ['gateway-0', true],
    ['gateway-1', true],
  ])
})
