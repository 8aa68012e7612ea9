// Two names may lead to one address and port: an ingress, a CDN, tenants of one service. Asked at the same moment they share the
// attempt to connect, and MUST share nothing that says who they are.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { makeAuthority } from '../../test/doubles/certificates.ts'
import type { Whereto } from './dial-way.ts'
import { makeDialer } from './dial.ts'

const seen: string[] = []
let server: ReturnType<typeof Bun.serve>
let to: (name: string) => Whereto

beforeAll(async () => {
  const [one, other] = [await makeAuthority('One'), await makeAuthority('Other')]
  const a = await one.issue({ names: ['a.test'] })
  const b = await other.issue({ names: ['b.test'] })
  server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    tls: [
      { cert: a.certificate, key: a.key, serverName: 'a.test' },
      { cert: b.certificate, key: b.key, serverName: 'b.test' },
    ],
    fetch(request) {
      seen.push(
        `${request.headers.get('host')} ${request.headers.get('authorization')} ${new URL(request.url).pathname}`,
      )
      return new Response('ok')
    },
  })
  const authorities: Readonly<Record<string, string>> = { a: one.certificate, b: other.certificate }
  to = (name) => ({
    name,
    url: `https://${name}.test:${server.port}/${name}`,
    private: true,
    timeouts: { connect: 5_000 },
    ...(authorities[name] === undefined ? {} : { ca: authorities[name] }),
  })
})
afterAll(() => server.stop(true))

const signal = new AbortController().signal

test('each is asked under its own name, path and authorities, with its own credential', async () => {
  for (let round = 0; round < 5; round++) {
    seen.length = 0
    const dialer = makeDialer({ resolve: async () => ['127.0.0.1'], now: () => 0 })
    const ask = async (whereto: Whereto): Promise<number> => {
      const route = await dialer.route(whereto, signal)
      const headers = { authorization: `secret-of-${whereto.name}` }
      return (await dialer.send(route, { method: 'POST', path: '/x', headers, signal })).status
    }
    const all = [to('a'), to('b'), to('a'), to('b')]
    expect(await Promise.all(all.map(ask))).toEqual([200, 200, 200, 200])
    expect(seen.toSorted()).toEqual([
      `a.test:${server.port} secret-of-a /a/x`,
      `a.test:${server.port} secret-of-a /a/x`,
      `b.test:${server.port} secret-of-b /b/x`,
      `b.test:${server.port} secret-of-b /b/x`,
    ])
  }
})

test('one whose certificate does not hold takes nobody down with it', async () => {
  const dialer = makeDialer({ resolve: async () => ['127.0.0.1'], now: () => 0 })
  const ask = async (whereto: Whereto): Promise<string> => {
    const route = await dialer.route(whereto, signal)
    return dialer.send(route, { method: 'POST', path: '/x', headers: {}, signal }).then(
      ({ status }) => String(status),
      () => 'refused',
    )
  }
  const { ca: _, ...stranger } = to('b')
  expect(await Promise.all([ask(stranger), ask(to('a')), ask(to('b'))])).toEqual(['refused', '200', '200'])
})
