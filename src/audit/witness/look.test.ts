import { afterAll, expect, test } from 'bun:test'
import { mkdtemp, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChangeEntry } from '#access/trail.ts'
import {
  exchangeId,
  hastyFiles,
  makeHome,
  openTestLog,
  outcomeOf,
  removeHomes,
  steppingClock,
  type TestHome,
} from '#audit/test-log.ts'
import { makeCosigner } from './cosigner.ts'
import { watchFolder } from './look.ts'
import { readLogKey } from './memory.ts'
import { makeTrust } from './trust.ts'
import { openWitness } from './witness.ts'

const places: string[] = []
afterAll(async () => {
  await removeHomes()
  await Promise.all(places.map((place) => rm(place, { recursive: true, force: true })))
})

let opened = 0

/** Opens a log of this world, and closes it again; gives its key. */
async function append(world: TestHome, log: string, entries: readonly ChangeEntry[] = [], more = 0): Promise<string> {
  opened += 1
  const [clock, seed] = [steppingClock(Date.UTC(2026, 0, 3, 0, opened)), `${log} ${opened}`]
  const opening = await openTestLog(world, { log, clock, seed, files: hastyFiles })
  for (const entry of entries) await opening.append(entry, 'machine')
  for (let at = 0; at < more; at++) await opening.append(outcomeOf(exchangeId(opened * 1000 + at)), 'process')
  await opening.close()
  return opening.verifierKey
}

const birth = (subject: string, after: string): ChangeEntry => ({
  kind: 'change',
  what: 'log-birth',
  subject,
  by: 'control',
  why: 'a new log',
  after,
})

async function watched(world: TestHome, pins: readonly string[]) {
  const home = await mkdtemp(join(tmpdir(), 'sallyport-witness-'))
  places.push(home)
  const cosigner = makeCosigner(Buffer.alloc(32, 9), 'witness.example/w1')
  const start = async () => {
    const witness = await openWitness({ home, cosigner, now: () => Date.UTC(2026, 0, 4) })
    const keys = [...witness.remembered().map(({ log }) => log.line), ...pins].map(readLogKey)
    const watch = watchFolder(world.audit, witness, makeTrust(keys.filter((key) => key !== undefined)))
    return async () => {
      const sightings = await watch.look()
      return sightings.map((each) => `${each.log} ${each.kind}${'size' in each ? ` ${each.size}` : ''}`)
    }
  }
  return { start, look: await start() }
}

async function worldOf(more = 2) {
  const world = await makeHome()
  const key = await append(world, 'gateway-0', [], more)
  const control = await append(world, 'control', [birth('gateway-0', key)])
  return { world, control, ...(await watched(world, [control])) }
}

test('the control log is enough: it records the keys of the others, now and later', async () => {
  const { world, look } = await worldOf()
  expect(await look()).toEqual(['control cosigned 2', 'gateway-0 cosigned 3'])
  const key = await append(world, 'gateway-1')
  expect(await look()).toEqual(['control cosigned 2', 'gateway-0 cosigned 3', 'gateway-1 stranger'])
  await append(world, 'control', [birth('gateway-1', key)])
  expect(await look()).toEqual(['control cosigned 3', 'gateway-0 cosigned 3', 'gateway-1 cosigned 1'])
})

test('a second birth, and another log in the place of one that is known, change no key', async () => {
  const { world, look } = await worldOf()
  await look()
  await rm(join(world.audit, 'gateway-0'), { recursive: true })
  await rm(join(world.keys, 'audit-gateway-0.key'))
  const key = await append(world, 'gateway-0', [], 9)
  await append(world, 'control', [birth('gateway-0', key)])
  expect(await look()).toEqual(['control cosigned 3', 'gateway-0 bad-checkpoint'])
})

test('a control log goes on in the next one, whose key its seal names', async () => {
  const { world, start, look } = await worldOf()
  const next = await append(world, 'control-2')
  const after = `control-2 ${next}`
  await append(world, 'control', [{ ...birth('control', ''), what: 'log-seal', after }])
  const key = await append(world, 'gateway-0-2')
  await append(world, 'control-2', [birth('gateway-0-2', key)])
  const all = ['control cosigned 3', 'control-2 cosigned 2', 'gateway-0 cosigned 3', 'gateway-0-2 cosigned 1']
  expect(await look()).toEqual(all)
  expect(await (await start())()).toEqual(all)
})

test('a log that was born and never seen is missed, and so is one that was seen', async () => {
  const { world, look } = await worldOf()
  await rename(join(world.audit, 'gateway-0'), join(world.keys, 'away'))
  expect(await look()).toEqual(['control cosigned 2', 'gateway-0 missing 0'])
  await rename(join(world.keys, 'away'), join(world.audit, 'gateway-0'))
  expect(await look()).toEqual(['control cosigned 2', 'gateway-0 cosigned 3'])
  await rm(join(world.audit, 'gateway-0'), { recursive: true })
  expect(await look()).toEqual(['control cosigned 2', 'gateway-0 missing 0'])
  await rm(world.audit, { recursive: true })
  expect(await look()).toEqual(['control missing 0', 'gateway-0 missing 0'])
})

const ROOT = '0f'.repeat(32)

/** What the checkpoint signs, as the control log and the owner's record it. */
async function endOf(world: TestHome, log: string): Promise<string> {
  const [, size = '', root = ''] = (await readFile(join(world.audit, log, 'checkpoint'), 'utf8')).split('\n')
  return `${size} ${Buffer.from(root, 'base64').toString('hex')}`
}

const sealOf = (subject: string, after: string): ChangeEntry => ({ ...birth(subject, after), what: 'log-seal' })
const removalOf = (subject: string, before: string): ChangeEntry => {
  const { after: _, ...removal } = { ...birth(subject, ''), what: 'log-removal' as const, before }
  return removal
}

test('a log that was removed when its time was over is not missed, once its seal and its removal are both watched', async () => {
  const { world, look, start } = await worldOf()
  await look()
  const end = await endOf(world, 'gateway-0')
  await rm(join(world.audit, 'gateway-0'), { recursive: true })
  const owner = await append(world, 'owner', [removalOf('gateway-0', end)])
  expect(await look()).toEqual(['control cosigned 2', 'gateway-0 missing 0', 'owner stranger'])
  await append(world, 'control', [birth('owner', owner)])
  expect(await look()).toEqual(['control cosigned 3', 'gateway-0 missing 0', 'owner cosigned 2'])
  await append(world, 'control', [sealOf('gateway-0', end)])
  const all = ['control cosigned 4', 'gateway-0 removed', 'owner cosigned 2']
  expect(await look()).toEqual(all)
  expect(await (await start())()).toEqual(all)
})

test('a removal of less than was seen, or of another end than was sealed or seen, excuses nothing', async () => {
  for (const [removed, sealed] of [
    [`2 ${ROOT}`, `2 ${ROOT}`],
    [`3 ${ROOT}`, `3 ${ROOT}`],
    ['3', '3'],
    [`4 ${ROOT}`, `3 ${ROOT}`],
    [`4 ${ROOT}`, ''],
  ] as const) {
    const { world, look } = await worldOf()
    await look()
    await rm(join(world.audit, 'gateway-0'), { recursive: true })
    const owner = await append(world, 'owner', [removalOf('gateway-0', removed)])
    await append(world, 'control', [birth('owner', owner), sealOf('gateway-0', sealed)])
    expect(await look()).toEqual(['control cosigned 4', 'gateway-0 missing 0', 'owner cosigned 2'])
  }
})

test('an owner’s log that nobody vouches for removes nothing, and neither does the log of a gateway', async () => {
  const { world, look } = await worldOf()
  await look()
  const end = await endOf(world, 'gateway-0')
  await append(world, 'control', [sealOf('gateway-0', end)])
  await append(world, 'owner-2', [removalOf('gateway-0', end)])
  const key = await append(world, 'gateway-1', [removalOf('gateway-0', end)])
  await append(world, 'control', [birth('gateway-1', key), removalOf('gateway-0', end)])
  await rm(join(world.audit, 'gateway-0'), { recursive: true })
  expect(await look()).toEqual([
    'control cosigned 5',
    'gateway-0 missing 0',
    'gateway-1 cosigned 2',
    'owner-2 stranger',
  ])
})

test('a tail that is gone, under a checkpoint that signs it, is a truncated tail', async () => {
  const { world, look } = await worldOf(300)
  expect(await look()).toEqual(['control cosigned 2', 'gateway-0 cosigned 301'])
  const bundle = join(world.audit, 'gateway-0/tile/entries/001.p/45')
  const whole = await readFile(bundle)
  await truncate(bundle, whole.length - 1)
  expect(await look()).toEqual(['control cosigned 2', 'gateway-0 truncated 301'])
  await rm(bundle)
  expect(await look()).toEqual(['control cosigned 2', 'gateway-0 truncated 301'])
  await writeFile(bundle, whole)
  expect(await look()).toEqual(['control cosigned 2', 'gateway-0 cosigned 301'])
})

test('tiles that do not give what is signed are not cosigned', async () => {
  const { world, look } = await worldOf(300)
  const tile = join(world.audit, 'gateway-0/tile/0/001.p/45')
  const whole = await readFile(tile)
  await writeFile(tile, whole.fill(1, 0, 1))
  expect(await look()).toEqual(['control cosigned 2', 'gateway-0 damaged'])
})

test('a control log whose entries are not those that it signs makes nobody known', async () => {
  const world = await makeHome()
  const key = await append(world, 'gateway-0')
  const control = await append(world, 'control', [birth('gateway-1', key)])
  const { look } = await watched(world, [control])
  const bundle = join(world.audit, 'control/tile/entries/000.p/2')
  await writeFile(bundle, (await readFile(bundle, 'latin1')).replace('gateway-1', 'gateway-0'), 'latin1')
  expect(await look()).toEqual(['control cosigned 2', 'gateway-0 stranger'])
})

test('links, pipes and what is no checkpoint are refused, and named', async () => {
  const { world, look } = await worldOf()
  await look()
  await symlink(join(world.audit, 'gateway-0'), join(world.audit, 'gateway-1'))
  await writeFile(join(world.audit, 'control/checkpoint'), 'something else\n')
  expect(await look()).toEqual(['control bad-checkpoint', 'gateway-0 cosigned 3', 'gateway-1 unreadable'])
  await rm(world.audit, { recursive: true })
  await writeFile(world.audit, 'no folder')
  expect(await look().catch(String)).toBe(`Error: the folder ${world.audit} cannot be read (ENOTDIR)`)
})
