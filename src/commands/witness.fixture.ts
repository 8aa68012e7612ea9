// A real log with a witness that it is sent to and one that looks at its folder, and what it takes to take history back.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { keyFile } from '#audit/key.ts'
import { readSigner, writeCheckpoint } from '#audit/note.ts'
import {
  decisionOf,
  exchangeId,
  hastyFiles,
  makeHome,
  openTestLog,
  outcomeOf,
  removeHomes,
  steppingClock,
  type TestHome,
} from '#audit/test-log.ts'
import { hashLeaf, rootOfAll } from '#audit/verify/merkle.ts'
import { readEntries } from '#audit/verify/tile-files.ts'
import { answer } from '#audit/witness/answer.ts'
import { listenWitness } from '#audit/witness/listen.ts'
import { readLogKey } from '#audit/witness/memory.ts'
import { ownKey } from '#audit/witness/own-key.ts'
import { makeTrust } from '#audit/witness/trust.ts'
import { type PostCheckpoint, witnessChore } from '#audit/witness/witness-chore.ts'
import { openWitness } from '#audit/witness/witness.ts'
import type { Io } from './io.ts'
import { witness } from './witness.ts'

const places: string[] = []
/** MUST be called after all tests of a file. */
export async function removePlaces(): Promise<void> {
  await removeHomes()
  await Promise.all(places.map((place) => rm(place, { recursive: true, force: true })))
}

export async function emptyPlace(): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), 'sallyport-witness-'))
  places.push(place)
  return place
}

type Run = (args: readonly string[], io: Io) => Promise<number>

export async function run(command: Run, args: readonly string[], home = '/nowhere') {
  const out: string[] = []
  const err: string[] = []
  const settings = { home, host: '127.0.0.1', port: 8400, workers: 1, root: '/' }
  const rest = { color: false, terminal: false, cwd: '/', settings, environment: {} }
  const io = { out: (line: string) => out.push(line), err: (line: string) => err.push(line), ...rest }
  return { code: await command(args, io), out, err }
}

let grown = 0

/** Appends to `gateway-0` until it has so many entries. */
export async function growTo(world: TestHome, entries: number, status = 200): Promise<void> {
  const [clock, seed] = [steppingClock(Date.UTC(2026, 0, 3, 0, (grown += 1))), `grown ${grown}`]
  const log = await openTestLog(world, { files: hastyFiles, clock, seed })
  const directory = join(world.audit, 'gateway-0')
  const size = Number((await readFile(join(directory, 'checkpoint'), 'utf8')).split('\n')[1])
  for (let at = size; at < entries; at++) await log.append({ ...outcomeOf(exchangeId(at)), status }, 'process')
  await log.close()
}

/** A control log, and a gateway's of four entries whose birth it records. */
export async function worldOf(): Promise<TestHome> {
  const world = await makeHome()
  const control = await openTestLog(world, { log: 'control', seed: 'control', files: hastyFiles })
  const log = await openTestLog(world, { files: hastyFiles })
  const birth = { what: 'log-birth', subject: 'gateway-0', by: 'control', why: 'a new log' } as const
  await control.append({ kind: 'change', ...birth, after: log.verifierKey }, 'machine')
  await log.append(decisionOf(exchangeId(1)), 'process')
  await log.append(outcomeOf(exchangeId(1)), 'process')
  await Promise.all([log.close(), control.close()])
  await growTo(world, 4)
  return world
}

export const keyOf = (world: TestHome, log: string): Promise<string> =>
  readFile(join(world.audit, log, 'key.pub'), 'utf8')

/** A witness of the folder, and what it takes to look again. */
export async function folderWitness(world: TestHome) {
  const home = await emptyPlace()
  const control = (await keyOf(world, 'control')).trim()
  const look = () => run(witness, ['--home', home, '--folder', world.audit, '--log', control, '--once'])
  const key = (await run(witness, ['key', '--home', home])).out[0] ?? ''
  return { look, vouching: ['--witness', home, '--witness-key', key] }
}

/** A witness over HTTP, and the log's side of it. */
export async function httpWitness(world: TestHome, post: PostCheckpoint) {
  const [home, store] = [await emptyPlace(), await emptyPlace()]
  const cosigner = await ownKey(home, () => Buffer.alloc(32, 5))
  const opened = await openWitness({ home, cosigner, now: () => Date.now() })
  const keys = [await keyOf(world, 'control'), await keyOf(world, 'gateway-0')].map(readLogKey)
  const trust = makeTrust(keys.filter((key) => key !== undefined))
  const said: string[] = []
  const say = (line: string): void => void said.push(line)
  const door = listenWitness({ host: '127.0.0.1', port: 0, answer: (asked) => answer(asked, opened, trust, say), say })
  const url = `http://127.0.0.1:${door.port}`
  const place = { name: 'audit-team', url, key: cosigner.verifierKey, private: true }
  const chore = () => witnessChore(place, { auditDirectory: world.audit, store, post, now: () => Date.now() })
  return {
    said,
    store,
    chore,
    submit: () => chore().turn(new AbortController().signal).catch(String),
    vouching: ['--witness', url, '--witness-key', cosigner.verifierKey],
    stop: () => door.stop(),
  }
}

/** Signs a smaller tree with the log's own key, and takes away what lies beyond it. */
export async function cutAt(world: TestHome, size: number): Promise<void> {
  const directory = join(world.audit, 'gateway-0')
  const read = await readEntries(
    directory,
    0,
    Number((await readFile(join(directory, 'checkpoint'), 'utf8')).split('\n')[1]),
  )
  const entries = read === 'missing' ? [] : read.parts.slice(0, size)
  const hashes = entries.map(hashLeaf)
  const signer = readSigner('gateway-0', await readFile(keyFile({ keys: world.keys, log: 'gateway-0' }), 'utf8'))
  if (!signer) throw new Error('no key')
  for (const path of ['journal', 'tile/0/000.p', 'tile/entries/000.p'])
    await rm(join(directory, path), { recursive: true })
  await mkdir(join(directory, 'tile/0/000.p'))
  await mkdir(join(directory, 'tile/entries/000.p'))
  await writeFile(join(directory, `tile/0/000.p/${size}`), Buffer.concat(hashes))
  const lengths = entries.map((entry) => Buffer.concat([Buffer.of(entry.length >> 8, entry.length & 255), entry]))
  await writeFile(join(directory, `tile/entries/000.p/${size}`), Buffer.concat(lengths))
  await writeFile(join(directory, 'checkpoint'), writeCheckpoint(signer, size, rootOfAll(hashes)))
}

/** Puts back what was there before, key and journal and all. */
export async function putBack(world: TestHome, copy: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await rm(join(dirname(world.audit), path), { recursive: true })
    await cp(join(copy, path), join(dirname(world.audit), path), { recursive: true })
  }
}
