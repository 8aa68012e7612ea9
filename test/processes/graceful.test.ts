// Told to stop, the product takes nothing new, lets what is under way end for a while, cuts the rest so that it never looks
// complete, and leaves logs behind in which nothing is open and nothing waits. With four workers.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { type ReadEntry, readEntries } from '#audit/read.ts'
import { says } from '../rig.ts'
import { type OwnWorld, ownWorld } from './own-world.ts'
import { isFree, type Program, type Sandbox, sandbox, until } from './sandbox.ts'

const WORKERS = 4
const LIMIT_MS = 5_000

let place: Sandbox
let world: OwnWorld
let token = ''
beforeAll(async () => {
  place = await sandbox()
  world = await ownWorld(place.cwd)
  token = await world.issuer.mint('alice')
})
afterAll(async () => {
  await place.remove()
  await world.stop()
})

const start = (workers = WORKERS): Program =>
  place.start(['start', '--bundle', world.bundle, '--log', 'off'], { SALLYPORT_WORKERS: String(workers) })

/** On a machine that has much else to do, that takes a while. */
async function started(workers = WORKERS): Promise<Program> {
  const program = start(workers)
  const ready = (): Promise<void> => program.says(/^Sallyport is ready/m)
  await ready().catch(ready).catch(ready)
  return program
}

const ask = (content: string, stream = false): Promise<Response> =>
  fetch(`http://127.0.0.1:${place.port}/v1/chat/completions`, {
    method: 'POST',
    keepalive: false,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ model: 'clinic-small', stream, messages: says(content) }),
  })

const isServed = (): Promise<boolean> =>
  ask('hello').then(
    ({ status }) => status === 200,
    () => false,
  )

interface Heard {
  readonly exchange: string
  readonly text: string
  /** The body came to its own end, as HTTP says it. */
  readonly ended: boolean
}

async function hear(response: Response): Promise<Heard> {
  const exchange = response.headers.get('x-sallyport-exchange') ?? ''
  const reader = response.body!.getReader()
  let text = ''
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      text += new TextDecoder().decode(read.value)
    }
    return { exchange, text, ended: true }
  } catch {
    return { exchange, text, ended: false }
  }
}

async function recorded(): Promise<readonly ReadEntry[]> {
  const logs = Array.from({ length: WORKERS }, (_, worker) => join(place.home, 'audit', `gateway-${worker}`))
  return (await Promise.all(logs.map((log) => Array.fromAsync(readEntries(log))))).flat()
}

const exchangesOf = (entries: readonly ReadEntry[], kind: string): readonly unknown[] =>
  entries
    .filter((entry) => entry.kind === kind)
    .map((entry) => entry['exchange'])
    .sort()

/** Tells it to stop by `tell`; resolves when it has, and everything is as it should be. */
async function stops(program: Program, tell: () => void): Promise<void> {
  const began = Date.now()
  tell()
  expect(await program.ended).toBe(0)
  expect(Date.now() - began).toBeLessThan(LIMIT_MS)
  await until('all are gone', async () => (await program.members()).size === 0)
  for (const offset of [0, 1]) expect(await isFree(place.port + offset)).toBe(true)
  const verified = await place.run(['audit', 'verify', '--all'])
  expect(verified.out).not.toMatch(/waiting|✗/)
  const entries = await recorded()
  expect(exchangesOf(entries, 'outcome')).toEqual([...exchangesOf(entries, 'decision')])
}

let running: Program | undefined

test('a killed worker is replaced and its log recovered, while the others serve', async () => {
  const program = await started()
  running = program
  const workers = [...(await program.members())].filter(([, command]) => command.includes('--worker'))
  expect(workers).toHaveLength(WORKERS)
  const [killed = 0] = workers[2] ?? []
  process.kill(killed, 'SIGKILL')
  // The connections that its share of the port had taken are gone with it; whoever calls again is served.
  await until('the others serve', isServed)
  await program.says(/gateway-\d ended \(SIGKILL\); starting it again/)
  await until('there are four again', async () => {
    const members = [...(await program.members())].filter(([, command]) => command.includes('--worker'))
    return members.length === WORKERS && !members.some(([pid]) => pid === killed)
  })
  await until('they serve', isServed)
}, 90_000)

test('told twice to stop: short streams end whole, long ones are cut and never look complete, and every outcome is in the logs', async () => {
  const program = running ?? (await started())
  const before = world.seen.length
  const short = Array.from({ length: 6 }, () => ask('one two three [[delay:250]]', true).then(hear))
  const long = Array.from({ length: 6 }, () => ask(`${'word '.repeat(40)}[[delay:700]]`, true).then(hear))
  const plain = ask('later [[delay:1200]]').then(hear)
  const never = ask('never [[delay:600000]]').then(
    ({ status }) => status,
    () => 0,
  )
  await until('all have reached the provider', async () => world.seen.length === before + 14)
  let refusedNew = false
  await stops(program, () => {
    // Twice, as a terminal under npm does.
    program.signalGroup('SIGTERM')
    program.signalGroup('SIGTERM')
    const knock = (): Promise<void> =>
      ask('too late').then(
        () => Bun.sleep(50).then(knock),
        () => void (refusedNew = true),
      )
    void knock()
  })
  expect(refusedNew).toBe(true)
  for (const { text, ended } of await Promise.all(short)) {
    expect(ended).toBe(true)
    expect(text).toContain('data: [DONE]')
  }
  expect((await plain).text).toContain('"content":"later"')
  const outcomes = new Map(
    (await recorded()).filter(({ kind }) => kind === 'outcome').map((entry) => [entry['exchange'], entry]),
  )
  for (const { exchange, text, ended } of await Promise.all(long)) {
    expect(text).toContain('word')
    expect(text).not.toContain('[DONE]')
    expect(ended && !text.includes('"error"')).toBe(false)
    expect(outcomes.get(exchange)?.['ended']).not.toBe('complete')
  }
  expect(await never).not.toBe(200)
}, 90_000)

test('a gateway by itself that has just served is gone at once: nothing that it looks after keeps it', async () => {
  const program = place.start(['gateway', '--bundle', world.bundle, '--log', 'off'])
  await until('it serves', isServed)
  const began = Date.now()
  program.signalGroup('SIGTERM')
  expect(await program.ended).toBe(0)
  expect(Date.now() - began).toBeLessThan(2_000)
}, 60_000)

test.each([30, 400, 1_500])(
  'told %d ms into its start it leaves nothing behind, and the next start works',
  async (ms) => {
    const program = start(2)
    await Bun.sleep(ms)
    const began = Date.now()
    process.kill(program.pid, 'SIGTERM')
    // So early that nobody listens for it yet, the signal itself ends it.
    expect([0, null]).toContain(await program.ended)
    expect(Date.now() - began).toBeLessThan(LIMIT_MS)
    await until('all are gone', async () => (await program.members()).size === 0)
    for (const offset of [0, 1]) expect(await isFree(place.port + offset)).toBe(true)
  },
  60_000,
)

test('after all that it starts, and told in the middle of a reload it stops, and every log verifies', async () => {
  const program = await started(2)
  const open = ask(`${'word '.repeat(8)}[[delay:100]]`, true).then(hear)
  await until('it streams', async () => world.seen.at(-1)?.includes('word') === true)
  await stops(program, () => {
    process.kill(program.pid, 'SIGHUP')
    process.kill(program.pid, 'SIGTERM')
  })
  expect((await open).text).toContain('data: [DONE]')
  expect((await place.run(['audit', 'verify', '--all'])).code).toBe(0)
}, 90_000)
