// A real log is witnessed, over HTTP and from its folder, and then somebody who holds its key takes history back.
import { afterAll, expect, test } from 'bun:test'
import { cp, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { keyFile } from '#audit/key.ts'
import { hastyFiles, openTestLog, type TestHome } from '#audit/test-log.ts'
import type { PostCheckpoint } from '#audit/witness/witness-chore.ts'
import { audit } from './audit.ts'
import {
  cutAt,
  emptyPlace,
  folderWitness,
  growTo,
  httpWitness,
  keyOf,
  putBack,
  removePlaces,
  run,
  worldOf,
} from './witness.fixture.ts'
import { witness } from './witness.ts'

afterAll(removePlaces)

const post: PostCheckpoint = async (url, body, signal) => {
  const response = await fetch(url, { method: 'POST', body, signal })
  return { status: response.status, type: response.headers.get('content-type') ?? '', body: await response.text() }
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
  const http = await httpWitness(world, post)
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
