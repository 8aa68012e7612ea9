// What kill -9 leaves behind: no process, no lock, no port, and no record that stays open.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { ask, type Demo, readDemo } from './clinic.ts'
import { isFree, type Program, type Sandbox, sandbox, until } from './sandbox.ts'

let place: Sandbox
let program: Program
let demo: Demo

async function start(): Promise<void> {
  program = place.start(['demo'])
  await program.says(/^Sallyport is ready/m)
  demo = await readDemo(place.home)
}

beforeAll(async () => {
  place = await sandbox()
  await start()
}, 30_000)
afterAll(() => place.remove())

const gatewayOf = async (): Promise<number> =>
  [...(await program.members())].find(([, command]) => command.includes('main.ts gateway'))?.[0] ?? 0

/** Sends a request that its provider never answers, and resolves to its exchange once it has left. */
async function hang(mark: string): Promise<string> {
  void ask(demo, 'alice', 'clinic-small', `[[delay:600000]]${mark}`).catch(() => undefined)
  await until('the provider has the request', async () => {
    const seen = (await (await fetch(`${demo.provider}/seen`)).json()) as { body: string }[]
    return seen.some(({ body }) => body.includes(mark))
  })
  const open = await recorded('decision')
  const closed = new Set((await recorded('outcome')).map(({ exchange }) => exchange))
  return open.find(({ exchange }) => !closed.has(exchange))?.exchange ?? ''
}

interface Recorded {
  readonly exchange: string
  readonly ended?: string
  readonly status?: number
}

async function recorded(kind: string): Promise<readonly Recorded[]> {
  const { out } = await place.run(['audit', 'show', 'gateway-0', '--kind', kind, '--json'])
  return out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Recorded)
}

test('a gateway that was killed with -9 is started again, serves, and closes what it had open', async () => {
  const exchange = await hang('before the crash')
  expect(exchange).toMatch(/^[0-9A-Z]{26}$/)
  const killed = await gatewayOf()
  process.kill(killed, 'SIGKILL')
  await program.says(/^sallyport: gateway ended \(SIGKILL\); starting it again$/m)
  await until('it serves again', () =>
    ask(demo, 'alice', 'clinic-large').then(
      ({ status }) => status === 200,
      () => false,
    ),
  )
  const now = await gatewayOf()
  expect(now).not.toBe(killed)
  expect(now).not.toBe(0)
  const outcome = (await recorded('outcome')).find((each) => each.exchange === exchange)
  expect(outcome).toMatchObject({ ended: 'unknown' })
}, 40_000)

test('after kill -9 of everything at once the next start works, and open decisions are closed as unknown', async () => {
  const exchange = await hang('before the end of everything')
  program.signalGroup('SIGKILL')
  await program.ended
  await until('all are gone', async () => (await program.members()).size === 0)
  await start()
  expect((await ask(demo, 'alice', 'clinic-large')).status).toBe(200)
  const outcomes = (await recorded('outcome')).filter((each) => each.exchange === exchange)
  expect(outcomes).toMatchObject([{ ended: 'unknown' }])
  expect((await place.run(['audit', 'verify', '--all'])).code).toBe(0)
}, 40_000)

test('after kill -9 of the supervisor its children go by themselves', async () => {
  const children = (await program.members()).size - 1
  expect(children).toBeGreaterThanOrEqual(2)
  process.kill(program.pid, 'SIGKILL')
  await program.ended
  await until('the children are gone', async () => (await program.members()).size === 0)
  for (const offset of [0, 1, 10, 12]) expect(await isFree(place.port + offset)).toBe(true)
  const { code, out } = await place.run(['audit', 'verify', '--all'])
  expect(code).toBe(0)
  expect(out).not.toContain('waiting')
}, 40_000)

test('a start right after kill -9 waits for the children that are still ending, and then works', async () => {
  await start()
  const slow = await beginRequest()
  const before = program
  process.kill(before.pid, 'SIGKILL')
  await start()
  expect((await ask(demo, 'alice', 'clinic-large')).status).toBe(200)
  expect((await before.members()).size).toBe(0)
  slow.destroy()
  const stopping = Date.now()
  program.signalGroup('SIGTERM')
  expect(await program.ended).toBe(0)
  expect(Date.now() - stopping).toBeLessThan(5_000)
  expect((await place.run(['audit', 'verify', '--all'])).code).toBe(0)
}, 60_000)

/** A request whose body never ends: the gateway waits for it, also when it is told to stop, for as long as it may. */
async function beginRequest(): Promise<Socket> {
  const socket = connect(place.port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  const head = [
    'POST /v1/chat/completions HTTP/1.1',
    'host: gate',
    'content-type: application/json',
    'content-length: 1000',
  ]
  // The answer to `100-continue` says that the request has reached the gateway.
  socket.write(
    `${head.join('\r\n')}\r\nauthorization: Bearer ${demo.people.alice.token}\r\nexpect: 100-continue\r\n\r\n{`,
  )
  await once(socket, 'data')
  return socket
}
