import { afterAll, beforeAll, expect, test } from 'bun:test'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { Refusal } from '#access/refusal.ts'
import type { Resolve } from './addresses.ts'
import { startSilent, type SilentAddress } from './dial-silent.fixture.ts'
import { readWay, type Whereto } from './dial-way.ts'
import { makeDialer } from './dial.ts'

/** Answers every request with its Host header, and counts connections with and without a request. */
class Listener {
  connections = 0
  asked = 0
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  static async on(address: string, port = 0): Promise<Listener> {
    const server = createServer()
    const listener = new Listener(server)
    server.on('connection', (socket) => {
      listener.connections += 1
      socket.on('error', () => undefined)
      socket.on('data', (bytes) => {
        listener.asked += 1
        const host = /\r\nhost: ([^\r]*)/i.exec(bytes.toString())?.[1] ?? ''
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${host.length}\r\n\r\n${host}`)
      })
    })
    server.listen(port, address)
    await once(server, 'listening')
    return listener
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  stop(): void {
    this.#server.close()
  }
}

let now = 1_000_000
let answers: readonly string[] = []
let lookups = 0
const resolve: Resolve = async () => {
  lookups += 1
  return answers
}
const dialer = () => makeDialer({ resolve, now: () => now })
const NOBODY_LEAVES = new AbortController().signal

const to = (url: string, more: Partial<Whereto> = {}): Whereto => ({
  name: 'harbor',
  url,
  private: true,
  timeouts: { connect: 5_000 },
  ...more,
})

async function ask(by: ReturnType<typeof makeDialer>, whereto: Whereto): Promise<string> {
  const route = await by.route(whereto, NOBODY_LEAVES)
  const response = await by.send(route, { method: 'POST', path: '/x', headers: {}, signal: NOBODY_LEAVES })
  return response.text()
}

async function reasonOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (error instanceof Refusal) return error.reason
    throw error
  }
  return 'none'
}

let silent: SilentAddress
beforeAll(async () => {
  silent = await startSilent('127.0.0.2')
})
afterAll(() => silent.stop())

test('a name is dialled by its address and asked under its own name, with its port', async () => {
  const listener = await Listener.on('127.0.0.1')
  answers = ['127.0.0.1']
  expect(await ask(dialer(), to(`http://provider.test:${listener.port}/v1`))).toBe(`provider.test:${listener.port}`)
  expect(await ask(dialer(), to(`http://127.0.0.1:${listener.port}`))).toBe(`127.0.0.1:${listener.port}`)
  listener.stop()
})

test('an address of IPv6 stands in brackets', async () => {
  const listener = await Listener.on('::1')
  answers = ['::1']
  expect(await ask(dialer(), to(`http://provider.test:${listener.port}/v1`))).toBe(`provider.test:${listener.port}`)
  const literal = to(`http://[::1]:${listener.port}/v1`, { private: false })
  expect(await ask(dialer(), literal)).toBe(`[::1]:${listener.port}`)
  listener.stop()
})

test('a default port is not named; the path stays; the certificate is for the name', () => {
  const way = readWay(to('https://api.example/v1/'))
  expect(way.routeTo('192.0.2.7')).toEqual({
    url: 'https://192.0.2.7:443/v1',
    host: 'api.example',
    tls: { rejectUnauthorized: true, serverName: 'api.example' },
    address: '192.0.2.7',
    port: 443,
    place: '192.0.2.7 443',
  })
  expect(way.routeTo('2001:db8::7').url).toBe('https://[2001:db8::7]:443/v1')
  expect(readWay(to('http://api.example')).routeTo('192.0.2.7').url).toBe('http://192.0.2.7:80')
  // One object: what Bun keeps connections by.
  expect(way.routeTo('192.0.2.7').tls).toBe(way.routeTo('192.0.2.8').tls)
  for (const url of ['file:///etc/passwd', 'data:,x', 's3://bucket/x'])
    expect(() => readWay(to(url))).toThrow('neither')
})

test("loopback that the bundle's own address names needs no word more; a name that leads there does", async () => {
  const listener = await Listener.on('127.0.0.1')
  const closed = { private: false }
  lookups = 0
  expect(await ask(dialer(), to(`http://127.0.0.1:${listener.port}`, closed))).toBe(`127.0.0.1:${listener.port}`)
  expect(await ask(dialer(), to(`http://localhost:${listener.port}`, closed))).toBe(`localhost:${listener.port}`)
  expect(lookups).toBe(0)
  answers = ['127.0.0.1']
  for (const host of ['provider.test', 'localhost.', 'sub.localhost', '[::ffff:127.0.0.1]', '10.0.0.1', '[fd00::1]']) {
    const asked = ask(dialer(), to(`http://${host}:${listener.port}`, closed))
    expect([host, await reasonOf(asked)]).toEqual([host, 'provider_address_refused'])
  }
  listener.stop()
})

test('all addresses must pass, or none is dialled', async () => {
  const listener = await Listener.on('127.0.0.1')
  for (const mixed of [
    ['127.0.0.1', '169.254.169.254'],
    ['127.0.0.1', '::ffff:169.254.169.254'],
    ['127.0.0.1', 'fe80::1%lo'],
    ['127.0.0.1', 'garbage'],
    [...Array.from({ length: 200 }, () => '127.0.0.1'), '100.100.100.200'],
  ]) {
    answers = mixed
    const asked = ask(dialer(), to(`http://provider.test:${listener.port}`))
    expect(await reasonOf(asked)).toBe('provider_address_refused')
  }
  expect(listener.connections).toBe(0)
  listener.stop()
})

test('what is refused names the address to the operator and not to the caller', async () => {
  answers = ['169.254.169.254']
  const refusal = await dialer()
    .route(to('https://provider.test'), NOBODY_LEAVES)
    .catch((error: unknown) => error)
  expect(refusal).toBeInstanceOf(Refusal)
  if (!(refusal instanceof Refusal)) return
  expect(refusal.detail.indicator).toEqual({ indicator: 'egress-refused', subject: 'harbor' })
  expect(refusal.message).not.toMatch(/169|provider\.test/)
  expect(String(refusal.cause)).toContain('provider.test leads to 169.254.169.254')
})

test('those who ask first share one trial of the connection, and none is made while answers come', async () => {
  const listener = await Listener.on('127.0.0.1')
  const by = dialer()
  const whereto = to(`http://127.0.0.1:${listener.port}`)
  await Promise.all(Array.from({ length: 20 }, () => by.route(whereto, NOBODY_LEAVES)))
  expect([listener.connections, listener.asked]).toEqual([1, 0])
  await ask(by, whereto)
  const before = listener.connections
  for (let time = 0; time < 50; time += 1) await ask(by, whereto)
  expect(listener.connections).toBe(before)
  now += 30_000
  await by.route(whereto, NOBODY_LEAVES)
  expect(listener.connections).toBe(before + 1)
  listener.stop()
})

test('the first address that takes a connection is the one dialled: one that refuses or is silent is passed by', async () => {
  const listener = await Listener.on('127.0.0.1', silent.port)
  answers = ['127.0.0.3', '127.0.0.2', '127.0.0.1']
  const by = dialer()
  const whereto = to(`http://provider.test:${silent.port}`)
  expect((await by.route(whereto, NOBODY_LEAVES)).address).toBe('127.0.0.1')
  expect(await ask(by, whereto)).toBe(`provider.test:${silent.port}`)
  listener.stop()
})

test('an address that stopped answering is tried out before it is dialled again', async () => {
  const listener = await Listener.on('127.0.0.1')
  const by = dialer()
  const whereto = to(`http://127.0.0.1:${listener.port}`)
  await ask(by, whereto)
  const route = await by.route(whereto, NOBODY_LEAVES)
  const gone = { ...route, url: 'http://127.0.0.1:1' }
  const lost = by.send(gone, { method: 'POST', path: '/', headers: {}, signal: NOBODY_LEAVES })
  expect(await lost.catch(() => 'lost')).toBe('lost')
  const before = listener.connections
  await by.route(whereto, NOBODY_LEAVES)
  expect(listener.connections).toBe(before + 1)
  listener.stop()
})

test('a question that kept connections did not take is asked once, not once for each of them', async () => {
  // Closes a connection at the second request that comes over it, having read that.
  let asked = 0
  const server = createServer((socket) => {
    let heard = 0
    socket.on('error', () => undefined)
    socket.on('data', () => {
      asked += 1
      heard += 1
      if (heard > 1) socket.destroy()
      else setTimeout(() => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'), 30)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const by = dialer()
  const whereto = to(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const route = await by.route(whereto, NOBODY_LEAVES)
  const send = (method: string): Promise<string> =>
    by.send(route, { method, path: '/', headers: {}, signal: NOBODY_LEAVES }).then((response) => response.text())
  await Promise.all(Array.from({ length: 5 }, () => send('POST')))
  for (const method of ['GET', 'DELETE', 'POST']) {
    asked = 0
    await send(method).catch(() => 'lost')
    expect([method, asked]).toEqual([method, 1])
  }
  server.close()
})

test('nobody who takes a connection within its time is unreachable', async () => {
  const timeouts = { connect: 300 }
  const began = performance.now()
  const at = to(`http://127.0.0.2:${silent.port}`, { timeouts })
  expect(await reasonOf(dialer().route(at, NOBODY_LEAVES))).toBe('provider_unreachable')
  answers = ['127.0.0.2', '127.0.0.3']
  const named = to(`http://provider.test:${silent.port}`, { timeouts })
  expect(await reasonOf(dialer().route(named, NOBODY_LEAVES))).toBe('provider_unreachable')
  expect(performance.now() - began).toBeLessThan(4_000)
})

test('a name that is not known, leads nowhere, or is looked up for ever is unreachable', async () => {
  for (const find of [
    async () => Promise.reject(new Error('ENOTFOUND')),
    async () => [],
    () => new Promise<readonly string[]>(() => undefined),
  ]) {
    const by = makeDialer({ resolve: find, now: () => now })
    const asked = by.route(to('http://provider.test', { timeouts: { connect: 100 } }), NOBODY_LEAVES)
    expect(await reasonOf(asked)).toBe('provider_unreachable')
  }
})

const causeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no refusal',
    (error: unknown) => (error instanceof Refusal ? String(error.detail.cause) : 'no refusal'),
  )

test('what was not in time says so, with host and port; a caller who left is not told as that', async () => {
  const asked = (limit: number, signal: AbortSignal): Promise<string> =>
    causeOf(
      makeDialer({ resolve: () => new Promise<readonly string[]>(() => undefined), now: () => now }).route(
        to('http://provider.test', { timeouts: { connect: limit } }),
        signal,
      ),
    )
  expect(await asked(100, NOBODY_LEAVES)).toBe('Error: looking up provider.test: not within 100 ms')
  expect(await asked(60_000, AbortSignal.abort())).toBe('Error: looking up provider.test: given up by who asked for it')
  const nowhere = causeOf(dialer().route(to('http://[::1]:1'), NOBODY_LEAVES))
  expect(await nowhere).toBe('Error: connecting to [::1]:1: none of its addresses takes a connection')
})

test('a caller who leaves waits for no connection', async () => {
  const leaving = new AbortController()
  const at = to(`http://127.0.0.2:${silent.port}`, { timeouts: { connect: 60_000 } })
  const asked = reasonOf(dialer().route(at, leaving.signal))
  leaving.abort()
  expect(await asked).toBe('provider_unreachable')
})
