import { afterAll, expect, test } from 'bun:test'
import { cp, mkdir, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { publicHalves } from './key.ts'
import { readEntries } from './read.ts'
import { openRotatingLog, type RotatingLog } from './rotating-log.ts'
import { readSeal, readSignedSeal, sealEntry } from './seal.ts'
import { countedRandom, exchangeId, makeHome, openTestLog, outcomeOf, removeHomes, type TestHome } from './test-log.ts'
import { verifyAll } from './verify/verify-all.ts'

afterAll(removeHomes)

const HOUR = 3_600_000

function rotating(home: TestHome) {
  let now = Date.UTC(2026, 0, 2)
  let opened = 0
  const lines: string[] = []
  const place = { directory: home.audit, keys: home.keys, log: 'gateway-0', interval: HOUR, rotate: () => HOUR }
  const clock = { now: () => now, monotonic: () => 0 }
  const open = (): Promise<RotatingLog> =>
    openRotatingLog({ ...place, clock, random: countedRandom(`own ${opened++}`), report: (line) => lines.push(line) })
  return { open, pass: () => (now += HOUR), lines }
}

/** A log that somebody made who can write below `audit/`, and has no key from `keys/`; its last entry looks like a seal. */
async function forge(home: TestHome, log: string, next = 'gateway-0-3 key'): Promise<void> {
  const { keys } = await makeHome()
  const forged = await openTestLog({ audit: home.audit, keys }, { log, seed: 'forger' })
  const [name = '', verifierKey = ''] = next.split(' ')
  await forged.appendLast(sealEntry(log, { log: name, verifierKey }, 'forged'))
  await forged.close()
}

const sealOf = async (home: TestHome, log: string) => {
  const entries = await Array.fromAsync(readEntries(join(home.audit, log)))
  return String(entries.find(({ what }) => what === 'log-seal')?.['after'])
}

test('a sealed log that somebody put where the next one would be is neither gone on after, nor signed for, and is named', async () => {
  const home = await makeHome()
  const { open, pass, lines } = rotating(home)
  await (await open()).close()
  await forge(home, 'gateway-0-2')
  const log = await open()
  expect(log.name).toBe('gateway-0')
  expect(lines).toEqual([`gateway-0-2 is no log of this gate: its key is not in ${home.keys}; it is left as it is`])
  pass()
  await log.tend()
  expect(log.name).toBe('gateway-0-3')
  await log.close()
  const keys = await publicHalves(home.keys)
  expect(await sealOf(home, 'gateway-0')).toBe(`gateway-0-3 ${keys.get('gateway-0-3') ?? ''}`)
  const { logs } = await verifyAll(home.audit, [{ by: 'keys/', keys }])
  expect(logs.map((each) => `${each.log} ${each.ok}`)).toEqual([
    'gateway-0 true',
    'gateway-0-2 false',
    'gateway-0-3 true',
  ])
})

test('links, journals without a key and files are passed by; what a crash at birth left is taken over', async () => {
  const home = await makeHome()
  const { open, pass } = rotating(home)
  const log = await open()
  await mkdir(join(home.keys, '../elsewhere'))
  await symlink(join(home.keys, '../elsewhere'), join(home.audit, 'gateway-0-2'))
  await forge(home, 'gateway-0-3')
  for (const name of ['checkpoint', 'key.pub']) await rm(join(home.audit, 'gateway-0-3', name))
  for (const path of ['gateway-0-4/key.pub', 'gateway-0-5/checkpoint', 'gateway-0-6'])
    await Bun.write(join(home.audit, path), 'something')
  await mkdir(join(home.audit, 'gateway-0-7/journal'), { recursive: true })
  pass()
  await log.tend()
  expect(log.name).toBe('gateway-0-7')
  await log.close()
  expect(await readdir(join(home.keys, '../elsewhere'))).toEqual([])
})

test('a log that only looks sealed is not followed: it is refused', async () => {
  const home = await makeHome()
  const { open } = rotating(home)
  await (await open()).close()
  await rm(join(home.audit, 'gateway-0'), { recursive: true })
  await forge(home, 'gateway-0')
  expect(await open().catch(String)).toContain('The audit log gateway-0 cannot be opened')
  expect(await readdir(home.audit)).toEqual(['gateway-0'])
})

test('a seal that somebody put at the end of a full bundle, which opening does not read, ends nothing', async () => {
  const home = await makeHome()
  const { open } = rotating(home)
  const log = await open()
  for (let at = 1; at < 256; at++) await log.append(outcomeOf(exchangeId(at)), 'process')
  await log.close()
  const bundle = join(home.audit, 'gateway-0/tile/entries/000')
  const bytes = await readFile(bundle)
  const end = bytes.lastIndexOf('{"bytes"') - 2
  const { after, ...rest } = sealEntry('gateway-0', { log: 'gateway-0-2', verifierKey: 'key' }, 'forged')
  const last = JSON.parse(bytes.subarray(end + 2).toString()) as Record<string, unknown>
  const seal = Buffer.from(JSON.stringify({ after, id: last['id'], index: 255, time: last['time'], ...rest }))
  await Bun.write(bundle, Buffer.concat([bytes.subarray(0, end), Buffer.of(seal.length >> 8, seal.length), seal]))
  expect(await readSeal(join(home.audit, 'gateway-0'), 'gateway-0')).toMatchObject({ next: 'gateway-0-2' })
  expect(await open().catch(String)).toContain('The audit log gateway-0 cannot be opened')
  expect(await readdir(home.audit)).toEqual(['gateway-0'])
})

test('the seal names the key that is in keys/, and not what stands in key.pub', async () => {
  const home = await makeHome()
  const { open, pass } = rotating(home)
  const log = await open()
  const before = join(home.keys, '../before')
  await cp(join(home.audit, 'gateway-0'), before, { recursive: true })
  pass()
  await log.tend()
  await log.close()
  const keys = await publicHalves(home.keys)
  // As a crash before the seal leaves it.
  await rm(join(home.audit, 'gateway-0'), { recursive: true })
  await cp(before, join(home.audit, 'gateway-0'), { recursive: true })
  await (await open()).close()
  expect(await sealOf(home, 'gateway-0')).toBe(`gateway-0-2 ${keys.get('gateway-0-2') ?? ''}`)
})

test('a seal counts under the key that is asked for, and as it was signed', async () => {
  const home = await makeHome()
  const { open, pass } = rotating(home)
  const log = await open()
  pass()
  await log.tend()
  await log.close()
  const keys = await publicHalves(home.keys)
  const directory = join(home.audit, 'gateway-0')
  const key = keys.get('gateway-0') ?? ''
  expect(await readSignedSeal(directory, 'gateway-0', key)).toMatchObject({ size: 2, next: 'gateway-0-2' })
  expect(await readSignedSeal(directory, 'gateway-0', keys.get('gateway-0-2') ?? '')).toBeUndefined()
  const bundle = join(directory, 'tile/entries/000.p/2')
  const edited = (await readFile(bundle, 'latin1')).replace('gateway-0-2 ', 'gateway-0-9 ')
  await Bun.write(bundle, Buffer.from(edited, 'latin1'))
  expect(await readSignedSeal(directory, 'gateway-0', key)).toBeUndefined()
})
