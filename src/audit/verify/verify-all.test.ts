import { afterAll, expect, test } from 'bun:test'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeHome, openTestLog, removeHomes } from '#audit/test-log.ts'
import { verifyAll } from './verify-all.ts'

afterAll(removeHomes)

/** Two logs, whose births the control log records. */
async function worldOf(recorded: readonly string[]) {
  const home = await makeHome()
  const control = await openTestLog(home, { log: 'control', seed: 'control' })
  for (const name of ['gateway-0', 'gateway-1']) {
    const log = await openTestLog(home, { log: name, seed: name })
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
  expect(await verifyAll(home.audit)).toEqual({ ok: false, logs: [], unrecorded: [] })
})
