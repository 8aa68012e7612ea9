import { afterAll, expect, test } from 'bun:test'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { publicHalves } from '#audit/key.ts'
import { makeSigner } from '#audit/note.ts'
import { sealEntry } from '#audit/seal.ts'
import { countedRandom, makeHome, openTestLog, removeHomes, type TestHome } from '#audit/test-log.ts'
import { provenChanges } from './recorded-changes.ts'
import { verifyAll } from './verify-all.ts'
import { verifyLog } from './verify-log.ts'

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

/** `gateway-0`, sealed for the log that is named, with its seal in the control log, and removals of it that others record. */
async function sealedFor(next: string): Promise<{ readonly home: TestHome; readonly end: string }> {
  const home = await worldOf(['gateway-0'])
  const log = await openTestLog(home, { log: 'gateway-0', seed: 'again' })
  await log.appendLast(sealEntry('gateway-0', { log: next, verifierKey: 'unknown' }, 'another log follows it'))
  await log.close()
  const { entries, root } = await verifyLog(join(home.audit, 'gateway-0'))
  const control = await openTestLog(home, { log: 'control', seed: 'again' })
  const seal = { what: 'log-seal', subject: 'gateway-0', by: 'control', why: 'sealed' } as const
  await control.append({ kind: 'change', ...seal, after: `${entries} ${root}` }, 'machine')
  await control.close()
  return { home, end: `${entries} ${root}` }
}

test('an owner’s log that is taken at its word removes nothing, however well it names what was sealed', async () => {
  const { home, end } = await sealedFor('gateway-0-2')
  const { keys } = await makeHome()
  for (const log of ['owner', 'owner-2']) {
    const forged = await openTestLog({ audit: home.audit, keys }, { log, seed: log })
    const removal = { what: 'log-removal', subject: 'gateway-0', by: 'root', why: 'kept' } as const
    await forged.append({ kind: 'change', ...removal, before: end }, 'machine')
    if (log === 'owner') {
      const next = makeSigner('owner-2', countedRandom('owner-2')(32)).verifierKey
      await forged.appendLast(sealEntry(log, { log: 'owner-2', verifierKey: next }, 'another log follows it'))
    }
    await forged.close()
  }
  await rm(join(home.audit, 'gateway-0'), { recursive: true })
  const { ok, removed, logs } = await verifyAll(home.audit)
  expect([ok, removed.size]).toEqual([false, 0])
  expect(logs.filter((log) => !log.ok).map(({ log }) => log)).toEqual(['gateway-0'])
})

test('a generation whose key is known fails all the same where the one before it was sealed for another', async () => {
  const { home } = await sealedFor('gateway-0-3')
  await (await openTestLog(home, { log: 'gateway-0-2', seed: 'second' })).close()
  const { logs } = await verifyAll(home.audit, [await keysOf(home)])
  expect(logs.find(({ log }) => log === 'gateway-0-2')?.problems).toEqual([
    { kind: 'wrong-key', message: 'gateway-0 was sealed for gateway-0-3, and not for this log' },
  ])
})

test('what a log says of others counts as it was verified, and not as it stands a moment later', async () => {
  const home = await worldOf(['gateway-0', 'gateway-1'])
  const report = await verifyLog(join(home.audit, 'control'))
  expect((await provenChanges(home.audit, report))?.map(({ subject }) => subject)).toEqual([
    'control',
    'gateway-0',
    'gateway-1',
  ])
  const bundle = join(home.audit, 'control/tile/entries/000.p/3')
  await writeFile(bundle, (await readFile(bundle, 'latin1')).replace('"gateway-1"', '"gateway-2"'), 'latin1')
  expect(await provenChanges(home.audit, report)).toBeUndefined()
  expect(await provenChanges(home.audit, { ...report, ok: false })).toBeUndefined()
})
