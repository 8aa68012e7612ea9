// A real log is witnessed, over HTTP and from its folder, and then somebody who holds its key takes history back.
import { afterAll, expect, test } from 'bun:test'
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
import { audit } from './audit.ts'
import type { Io } from './io.ts'
import { witness } from './witness.ts'

const places: string[] = []
afterAll(async () => {
  await removeHomes()
  await Promise.all(places.map((place) => rm(place, { recursive: true, force: true })))
})

async function emptyPlace(): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), 'sallyport-witness-'))
  places.push(place)
  return place
}

type Run = (args: readonly string[], io: Io) => Promise<number>

async function run(command: Run, args: readonly string[], home = '/nowhere') {
  const out: string[] = []
  const err: string[] = []
  const settings = { home, host: '127.0.0.1', port: 8400, workers: 1, root: '/' }
  const rest = { color: false, terminal: false, cwd: '/', settings, environment: {} }
  const io = { out: (line: string) => out.push(line), err: (line: string) => err.push(line), ...rest }
  return { code: await command(args, io), out, err }
}

let grown = 0

/** Appends to `gateway-0` until it has so many entries. */
async function growTo(world: TestHome, entries: number, status = 200): Promise<void> {
  const [clock, seed] = [steppingClock(Date.UTC(2026, 0, 3, 0, (grown += 1))), `grown ${grown}`]
  const log = await openTestLog(world, { files: hastyFiles, clock, seed })
  const directory = join(world.audit, 'gateway-0')
  const size = Number((await readFile(join(directory, 'checkpoint'), 'utf8')).split('\n')[1])
  for (let at = size; at < entries; at++) await log.append({ ...outcomeOf(exchangeId(at)), status }, 'process')
  await log.close()
}

/** A control log, and a gateway's of four entries whose birth it records. */
async function worldOf(): Promise<TestHome> {
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

const keyOf = (world: TestHome, log: string): Promise<string> => readFile(join(world.audit, log, 'key.pub'), 'utf8')

/** A witness of the folder, and what it takes to look again. */
async function folderWitness(world: TestHome) {
  const home = await emptyPlace()
  const control = (await keyOf(world, 'control')).trim()
  const look = () => run(witness, ['--home', home, '--folder', world.audit, '--log', control, '--once'])
  const key = (await run(witness, ['key', '--home', home])).out[0] ?? ''
  return { look, vouching: ['--witness', home, '--witness-key', key] }
}

const post: PostCheckpoint = async (url, body, signal) => {
  const response = await fetch(url, { method: 'POST', body, signal })
  return { status: response.status, type: response.headers.get('content-type') ?? '', body: await response.text() }
}

/** A witness over HTTP, and the log's side of it. */
async function httpWitness(world: TestHome) {
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
async function cutAt(world: TestHome, size: number): Promise<void> {
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
async function putBack(world: TestHome, copy: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await rm(join(dirname(world.audit), path), { recursive: true })
    await cp(join(copy, path), join(dirname(world.audit), path), { recursive: true })
  }
}

const MOMENT = '2\\d{3}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ'
const saw = (entries: string) => `sallyport-witness/[0-9a-f]{8} saw ${entries} at ${MOMENT}`

const HISTORIES: readonly {
  readonly name: string
  readonly change: (world: TestHome, copy: string) => Promise<void>
  /** What verify says without a witness, of gateway-0. */
  readonly without: number
  readonly folder: string
  readonly http: string
  readonly look: string
  readonly submit: string
}[] = [
  {
    name: 'a truncated tail',
    change: (world) => cutAt(world, 7),
    without: 0,
    folder: `gateway-0  ✗ the log was cut off after 7 entries, where the witness never saw it end: ${saw('9 entries')}; 2 entries at its end are gone`,
    http: `gateway-0  ✗ the log was cut off after 7 entries, or was rolled back: ${saw('9 entries')}; 2 entries at its end are gone`,
    look: `gateway-0  ✗ cut off or rolled back: it signs 7 entries, and had 9 entries at ${MOMENT}`,
    submit: 'gateway-0: it has seen 9 entries, and there are 7 here: this log was cut off or rolled back',
  },
  {
    name: 'a log that was rolled back, key and all',
    change: (world, copy) => putBack(world, copy, ['audit/gateway-0', 'keys']),
    without: 0,
    folder: `gateway-0  ✗ the log was rolled back to what it was at ${MOMENT}, with 4 entries: ${saw('9 entries')}; 5 entries at its end are gone`,
    http: `gateway-0  ✗ the log was cut off after 4 entries, or was rolled back: ${saw('9 entries')}; 5 entries at its end are gone`,
    look: `gateway-0  ✗ cut off or rolled back: it signs 4 entries, and had 9 entries at ${MOMENT}`,
    submit: 'gateway-0: it has seen 9 entries, and there are 4 here: this log was cut off or rolled back',
  },
  {
    name: 'a missing log, of which nothing is left',
    change: async (world) => {
      await rm(join(world.audit, 'gateway-0'), { recursive: true })
      await rm(keyFile({ keys: world.keys, log: 'gateway-0' }))
      await rm(join(world.audit, 'control'), { recursive: true })
      await rm(keyFile({ keys: world.keys, log: 'control' }))
      await (await openTestLog(world, { log: 'control', seed: 'control', files: hastyFiles })).close()
    },
    without: 0,
    folder: `gateway-0  ✗ there is no log gateway-0 here, but ${saw('9 entries of it')}`,
    http: `gateway-0  ✗ there is no log gateway-0 here, but ${saw('9 entries of it')}`,
    look: `gateway-0  ✗ missing log: it is not there, and had 9 entries at ${MOMENT}`,
    submit: 'control: it has seen 2 entries, and there are 1 here: this log was cut off or rolled back',
  },
  {
    name: 'another history, signed with the same key',
    change: async (world, copy) => {
      await putBack(world, copy, ['audit/gateway-0', 'keys'])
      await growTo(world, 12, 503)
    },
    without: 0,
    folder: `gateway-0  ✗ this is another history: ${saw('9 entries')}, and not as the first 9 entries are here`,
    http: `gateway-0  ✗ this is another history: ${saw('9 entries')}, and not as the first 9 entries are here`,
    look: `gateway-0  ✗ another history: its 12 entries do not begin with the 9 of ${MOMENT}; both checkpoints are in \\S+/forks/12-[0-9a-f]{16}`,
    submit: 'gateway-0: it saw another history of this log, which this one does not continue',
  },
]

test.each(HISTORIES)('$name is found by each witness, and cannot be found without', async (history) => {
  const world = await worldOf()
  const home = dirname(world.audit)
  const copy = await emptyPlace()
  const folder = await folderWitness(world)
  const http = await httpWitness(world)
  try {
    expect((await folder.look()).code).toBe(0)
    expect(await http.submit()).toBe('done')
    await cp(home, copy, { recursive: true })
    await growTo(world, 9)
    expect((await folder.look()).out.at(-1)).toMatch(new RegExp(`^gateway-0  9 entries cosigned, as of ${MOMENT}$`))
    expect(await http.submit()).toBe('done')
    for (const { vouching } of [folder, http]) {
      const well = await run(audit, ['verify', '--all', ...vouching], home)
      expect([well.code, well.out[1]?.replace(/ root \S+ /, ' ')]).toEqual([
        0,
        expect.stringMatching(new RegExp(`^gateway-0     9 entries   ok   ${saw('9')}$`)),
      ])
      expect(well.out.join('\n')).not.toContain('Without a witness')
    }

    await history.change(world, copy)

    const without = await run(audit, ['verify', '--all'], home)
    expect(without.code).toBe(history.without)
    expect(without.out).toContain(
      'note  Without a witness it cannot be told whether a log was cut short, or rolled back, together with its checkpoint,',
    )
    const withFolder = await run(audit, ['verify', '--all', ...folder.vouching], home)
    expect([withFolder.code, withFolder.out.join('\n')]).toEqual([1, expect.stringMatching(new RegExp(history.folder))])
    const withHttp = await run(audit, ['verify', '--all', ...http.vouching], home)
    expect([withHttp.code, withHttp.out.join('\n')]).toEqual([1, expect.stringMatching(new RegExp(history.http))])
    const look = await folder.look()
    expect([look.code, look.out.join('\n')]).toEqual([1, expect.stringMatching(new RegExp(history.look))])
    expect(await http.submit()).toContain(history.submit)
  } finally {
    await http.stop()
  }
})

/** `sallyport witness` as a process, until it says that it listens and has looked. */
async function startWitness(args: readonly string[]) {
  const root = join(import.meta.dir, '../..')
  const child = Bun.spawn([join(root, 'bin/sallyport'), 'witness', ...args], { stdout: 'pipe', stderr: 'pipe' })
  const said = async (stream: ReadableStream<Uint8Array>, wanted: RegExp) => {
    let text = ''
    const decoder = new TextDecoder()
    for await (const bytes of stream) {
      text += decoder.decode(bytes)
      const found = wanted.exec(text)
      if (found) return found
    }
    throw new Error(`it ended with: ${text}`)
  }
  const [, url = ''] = await said(child.stderr, /at (http:\/\/\S+)\/add-checkpoint/)
  await said(child.stdout, /gateway-0 {2}.*cosigned/)
  return { child, url }
}

test('a witness that was killed goes on where it was, from the folder and over HTTP', async () => {
  const world = await worldOf()
  const home = await emptyPlace()
  const key = (await run(witness, ['key', '--home', home])).out[0] ?? ''
  const args = [
    '--home',
    home,
    '--folder',
    world.audit,
    '--listen',
    '127.0.0.1:0',
    '--log',
    (await keyOf(world, 'control')).trim(),
  ]
  const first = await startWitness(args)
  expect((await run(witness, ['key', '--home', home])).err).toEqual([
    `sallyport: another witness is at work in ${home}`,
  ])
  first.child.kill('SIGKILL')
  await first.child.exited
  await growTo(world, 9)
  const second = await startWitness(args)
  try {
    const vouching = ['--witness', second.url, '--witness-key', key]
    const verified = await run(audit, ['verify', 'gateway-0', ...vouching], dirname(world.audit))
    expect(verified.code).toBe(0)
    expect(verified.out[0]).toContain(' saw 9 at ')
  } finally {
    second.child.kill('SIGTERM')
  }
  expect(await second.child.exited).toBe(0)
}, 30_000)

const KEY = 'sallyport/12345678/x+00000000+AAAA'
test.each([
  [[], 'witness needs --home DIR'],
  [['--home', 'w'], 'witness needs --folder DIR, --listen HOST:PORT, or both'],
  [['--home', 'a/b', '--folder', 'a'], '--home must not lie within the folder of the logs'],
  [['--home', 'w', '--listen', '127.0.0.1:0', '--once'], '--once is for one look at a --folder'],
  [['--home', 'w', '--listen', '8405'], '--listen takes HOST:PORT'],
  [['--home', 'w', '--folder', 'a', '--every', '0'], '--every takes seconds: 5s'],
  [['--home', 'w', '--folder', 'a', '--log', KEY], 'is no verifier key of a log'],
  [['watch', '--home', 'w'], 'witness takes key, or options alone'],
])('%j is wrong use: %s', async (args, why) => {
  expect(await run(witness, args).catch(String)).toContain(why)
})

test('a folder whose control log nobody named is not watched', async () => {
  const [world, home] = [await worldOf(), await emptyPlace()]
  const refused = await run(witness, ['--home', home, '--folder', world.audit, '--once']).catch(String)
  expect(refused).toContain(`name the control log by its key: --log "$(cat ${join(world.audit, 'control/key.pub')})"`)
})

test('verify says why a witness vouches for nothing', async () => {
  const world = await worldOf()
  const home = dirname(world.audit)
  const { look, vouching } = await folderWitness(world)
  const [, place = '', , key = ''] = vouching
  const verify = (...args: readonly string[]) => run(audit, ['verify', '--all', ...args], home)
  expect((await verify(...vouching)).out.join('\n')).toContain(`✗ the witness ${place} remembers no log`)
  await look()
  const other = (await run(witness, ['key', '--home', await emptyPlace()])).out[0] ?? ''
  const stranger = await verify('--witness', place, '--witness-key', other)
  expect([stranger.code, stranger.out.join('\n')]).toEqual([
    1,
    expect.stringContaining('it has no cosignature of sallyport-witness/'),
  ])
  expect(await verify('--witness', place).catch(String)).toContain('--witness and --witness-key go together')
  expect(await verify('--witness', place, '--witness-key', 'x').catch(String)).toContain('NAME+ID+BASE64')
  expect(await verify('--witness', join(place, 'x'), '--witness-key', key).catch(String)).toContain(
    'cannot be read (ENOENT)',
  )
  expect(await verify('--witness', 'http://127.0.0.1:1', '--witness-key', key).catch(String)).toContain(
    'the witness cannot be asked',
  )
})
