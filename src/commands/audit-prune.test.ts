import { afterAll, beforeAll, expect, test } from 'bun:test'
import { cp, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { openRotatingLog } from '#audit/rotating-log.ts'
import { countedRandom, makeHome, openTestLog, outcomeOf, exchangeId, removeHomes } from '#audit/test-log.ts'
import { verifyLog } from '#audit/verify/verify-log.ts'
import { recordBirths } from '#control/births.ts'
import { recordSeals } from '#control/seals.ts'
import { systemClock } from '#lib/clock.ts'
import { CLINIC, settingsWith, writeFiles } from '#policy/bundle/clinic-fixture.ts'
import { audit } from './audit.ts'
import { auditPrune } from './audit-prune.ts'
import { knownLogs } from './known-logs.ts'

const BORN = Date.UTC(2024, 0, 2)
const HOUR = 3_600_000
const DAY = 24 * HOUR

let bundle = ''
beforeAll(async () => {
  bundle = await writeFiles(CLINIC)
})
afterAll(async () => {
  await removeHomes()
  await rm(bundle, { recursive: true })
})

/** Families with three generations each, sealed one hour after the other from the 2nd of January 2024 on, and what control says of them. */
async function homeWith(...families: readonly string[]): Promise<string> {
  const place = await makeHome()
  for (const log of families) {
    let now = BORN
    const clock = { now: () => now, monotonic: () => 0 }
    const where = { directory: place.audit, keys: place.keys, log, clock, random: countedRandom(log), interval: HOUR }
    const trail = await openRotatingLog({ ...where, rotate: () => HOUR })
    for (let count = 0; count < 2; count++) {
      await trail.append(outcomeOf(exchangeId(count)), 'process')
      now += HOUR
      await trail.tend()
    }
    await trail.close()
  }
  const control = await openTestLog(place, { log: 'control', seed: 'control', clock: systemClock })
  const folders = { directory: place.audit, keys: place.keys }
  const known = await knownLogs(folders)
  await recordBirths(folders, known, control)
  await recordSeals(folders, known, control)
  await control.close()
  return dirname(place.audit)
}

async function run(command: typeof auditPrune, home: string, args: readonly string[], now?: number) {
  const out: string[] = []
  const err: string[] = []
  const settings = { home, host: '127.0.0.1', port: 8400, workers: 1, root: '/' }
  const io = { out: (line: string) => out.push(line), err: (line: string) => err.push(line) }
  const rest = { color: false, terminal: false, cwd: '/', settings, environment: {} }
  return { code: await command(args, { ...io, ...rest }, now), out, err }
}

const prune = (home: string, now: number, ...args: readonly string[]) =>
  run(auditPrune, home, ['--bundle', bundle, ...args], now)
const verify = (home: string) => run((args, io) => audit(args, io), home, ['verify', '--all'])
const logsOf = async (home: string) => (await readdir(join(home, 'audit'))).sort()

const WHY = ['--why', 'kept for three years'] as const

test('a log goes when its retention has passed since its seal, and not a millisecond earlier; the newest never goes', async () => {
  const home = await homeWith('gateway-0')
  const first = BORN + HOUR + 1095 * DAY
  expect((await prune(home, first - 1, ...WHY)).out).toEqual(['No sealed log has been kept for as long as it must be.'])
  const { root } = await verifyLog(join(home, 'audit/gateway-0'))
  const { code, out } = await prune(home, first, ...WHY)
  expect({ code, out }).toEqual({
    code: 0,
    out: [`gateway-0 removed: 3 entries of exchanges, sealed 2024-01-02, root ${root.slice(0, 16)}…`],
  })
  expect(await logsOf(home)).toEqual(['control', 'gateway-0-2', 'gateway-0-3', 'owner'])
  expect(await readdir(join(home, 'keys'))).not.toContain('audit-gateway-0.key')
  await prune(home, first + 9 * DAY, ...WHY)
  expect(await logsOf(home)).toEqual(['control', 'gateway-0-3', 'owner'])
  const verified = await verify(home)
  expect(verified.code).toBe(0)
  expect(verified.out.join('\n')).toMatch(
    /gateway-0 was removed on .* \(3 entries, root [0-9a-f]{16}…\): kept for three years\./,
  )
})

test('a dry run says what would go, and takes nothing', async () => {
  const home = await homeWith('gateway-0')
  const { out } = await prune(home, BORN + 1200 * DAY, '--dry-run')
  expect(out.map((line) => line.replace(/, root .*/, ''))).toEqual([
    'gateway-0 would be removed: 3 entries of exchanges, sealed 2024-01-02',
    'gateway-0-2 would be removed: 3 entries of exchanges, sealed 2024-01-02',
  ])
  expect(await logsOf(home)).toEqual(['control', 'gateway-0', 'gateway-0-2', 'gateway-0-3'])
})

test('each kind of log is kept for a time of its own', async () => {
  const home = await homeWith('gateway-0', 'reads-alice', 'archive')
  const own = await writeFiles({
    ...CLINIC,
    ...settingsWith(['context:', 'audit: { retention: { exchanges: 2y } }\ncontext:']),
  })
  const goneAfter = async (days: number) => {
    const { out } = await run(auditPrune, home, ['--bundle', own, '--dry-run'], BORN + days * DAY)
    return [...new Set(out.map((line) => /^(gateway|reads|archive)/.exec(line)?.[0]))]
  }
  expect(await goneAfter(364)).toEqual([undefined])
  expect(await goneAfter(366)).toEqual(['reads'])
  expect(await goneAfter(731)).toEqual(['gateway', 'reads'])
  expect(await goneAfter(1096)).toEqual(['archive', 'gateway', 'reads'])
  await rm(own, { recursive: true })
})

test('what does not verify stays: it is evidence', async () => {
  const home = await homeWith('gateway-0')
  await writeFile(join(home, 'audit/gateway-0/tile/0/000.p/3'), 'changed')
  const { code, err } = await prune(home, BORN + 1200 * DAY, ...WHY)
  expect(code).toBe(1)
  expect(err).toEqual(['sallyport: gateway-0 stays: it does not verify'])
  expect(await logsOf(home)).toEqual(['control', 'gateway-0', 'gateway-0-3', 'owner'])
})

test('a control log stays while a log is there whose birth it records', async () => {
  const place = await makeHome()
  const home = dirname(place.audit)
  let now = BORN
  const clock = { now: () => now, monotonic: () => 0 }
  const where = { directory: place.audit, keys: place.keys, log: 'control', clock, random: countedRandom('control') }
  const control = await openRotatingLog({ ...where, rotate: () => HOUR, interval: HOUR })
  await (await openTestLog(place, { log: 'gateway-0', seed: 'gateway', clock: systemClock })).close()
  const folders = { directory: place.audit, keys: place.keys }
  await recordBirths(folders, await knownLogs(folders), control)
  now += HOUR
  await control.tend()
  await control.close()
  const { code, err } = await prune(home, BORN + 5000 * DAY, ...WHY)
  expect({ code, err }).toEqual({
    code: 0,
    err: [
      'sallyport: control stays: it records the birth of gateway-0, which is still here',
      'sallyport: control-2 stays: control before it is still here',
    ],
  })
})

/** `gateway-0` with a removal of `log` in the owner's log, as somebody would write it who has its key. */
async function recordRemoval(home: string, log: string, seed = 'owner'): Promise<void> {
  const place = { audit: join(home, 'audit'), keys: join(home, 'keys') }
  const { root, entries } = await verifyLog(join(place.audit, log))
  const owner = await openTestLog(place, { log: 'owner', seed, clock: systemClock })
  const removal = { what: 'log-removal', subject: log, by: 'alice', why: 'x' } as const
  await owner.append({ kind: 'change', ...removal, before: `${entries} ${root}` }, 'machine')
  await owner.close()
}

test('a log that is alive stays, whatever the owner’s log says was begun', async () => {
  const home = await homeWith('gateway-0')
  await recordRemoval(home, 'gateway-0-3')
  const { out } = await prune(home, BORN, ...WHY)
  expect(out).toEqual(['No sealed log has been kept for as long as it must be.'])
  expect(await logsOf(home)).toContain('gateway-0-3')
  expect(await readdir(join(home, 'keys'))).toContain('audit-gateway-0-3.key')
})

test('an owner’s log that does not verify removes nothing', async () => {
  const home = await homeWith('gateway-0')
  await recordRemoval(home, 'gateway-0')
  const other = await makeHome()
  await (await openTestLog(other, { log: 'owner', seed: 'forger', clock: systemClock })).close()
  const real = join(home, 'audit/owner')
  await cp(join(other.audit, 'owner/key.pub'), join(real, 'key.pub'))
  const { code } = await prune(home, BORN, ...WHY).catch(() => ({ code: 1 }))
  expect(code).toBe(1)
  expect(await logsOf(home)).toContain('gateway-0')
})

test('control logs go from the oldest on, and stay while the seal of a log that is here stands in one', async () => {
  const place = await makeHome()
  const home = dirname(place.audit)
  let now = BORN
  const clock = { now: () => now, monotonic: () => 0 }
  const where = { directory: place.audit, keys: place.keys, clock, interval: HOUR, rotate: () => HOUR }
  const control = await openRotatingLog({ ...where, log: 'control', random: countedRandom('control') })
  const gateway = await openRotatingLog({ ...where, log: 'gateway-0', random: countedRandom('gateway') })
  const folders = { directory: place.audit, keys: place.keys }
  const known = await knownLogs(folders)
  // The births in `control`, the seal of `gateway-0` in `control-2`, which `control-3` follows.
  for (const log of [control, gateway, control]) {
    await recordBirths(folders, known, control)
    now += HOUR
    await log.tend()
    await recordSeals(folders, known, control)
  }
  await gateway.close()
  await control.close()
  const own = await writeFiles({
    ...CLINIC,
    ...settingsWith(['context:', 'audit: { retention: { exchanges: 10y } }\ncontext:']),
  })
  const dry = async (days: number) => {
    const { out, err } = await run(auditPrune, home, ['--bundle', own, '--dry-run'], BORN + days * DAY)
    return [...out.map((line) => line.split(':')[0]), ...err.map((line) => line.replace('sallyport: ', ''))]
  }
  expect(await dry(4 * 365)).toEqual([
    'control stays: it records the birth of gateway-0, which is still here',
    'control-2 stays: control before it is still here',
  ])
  // The log that is alive was born in the first one.
  expect(await dry(11 * 365)).toContain('gateway-0 would be removed')
  await rm(own, { recursive: true })
})

test('a run that was cut off after the record is finished by the next one', async () => {
  const home = await homeWith('gateway-0')
  const place = { audit: join(home, 'audit'), keys: join(home, 'keys') }
  const { root } = await verifyLog(join(place.audit, 'gateway-0'))
  const owner = await openTestLog(place, { log: 'owner', seed: 'owner', clock: systemClock })
  const removal = { what: 'log-removal', subject: 'gateway-0', by: 'root (uid 0)', why: 'kept' } as const
  await owner.append({ kind: 'change', ...removal, before: `3 ${root}` }, 'machine')
  await owner.close()
  await rm(join(place.audit, 'gateway-0', 'checkpoint'))
  const { out } = await prune(home, BORN, ...WHY)
  expect(out[0]).toBe('gateway-0 removed: what an earlier run had begun')
  expect(await logsOf(home)).toEqual(['control', 'gateway-0-2', 'gateway-0-3', 'owner'])
  expect((await verify(home)).code).toBe(0)
})

test('a reason is needed', async () => {
  expect(prune(dirname((await makeHome()).audit), BORN)).rejects.toThrow('audit prune takes --why TEXT, or --dry-run')
})
