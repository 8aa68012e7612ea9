// Whoever stands on the way to a provider with a certificate that is not its own gets nothing: no request, no credential.
// And the caller is told no more than that it cannot be reached.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { outgoing, providerAt } from '#upstream/http.fixture.ts'
import { type Authority, type Certificate, makeAuthority } from '../doubles/certificates.ts'

const HOUR = 3_600_000
const SECRET = 'sk-never-to-strangers'
const resolve = async () => ['127.0.0.1']

interface TlsProvider {
  readonly port: number
  /** Requests that were understood; handshakes that came to an end. */
  readonly counts: { requests: number; handshakes: number }
  stop(): void
}

function serveTls({ certificate, key }: Certificate): TlsProvider {
  const counts = { requests: 0, handshakes: 0 }
  const server = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    tls: { cert: certificate, key },
    socket: {
      handshake: (_socket, done) => void (counts.handshakes += done ? 1 : 0),
      data(socket) {
        counts.requests += 1
        socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}')
      },
      error: () => undefined,
    },
  })
  return { port: server.port, counts, stop: () => server.stop(true) }
}

let authority: Authority
let other: Authority
beforeAll(async () => {
  authority = await makeAuthority()
  other = await makeAuthority('Somebody Else')
})

const served: TlsProvider[] = []
const start = (certificate: Certificate): TlsProvider => {
  const server = serveTls(certificate)
  served.push(server)
  return server
}
afterAll(() => {
  for (const server of served) server.stop()
})

const past = { notBefore: new Date(Date.now() - 3 * HOUR), notAfter: new Date(Date.now() - HOUR) }
const future = { notBefore: new Date(Date.now() + HOUR), notAfter: new Date(Date.now() + 2 * HOUR) }
const names = ['provider.test']

const wrong: readonly (readonly [string, string, () => Promise<Certificate>])[] = [
  ['expired', 'CERT_HAS_EXPIRED', () => authority.issue({ names, ...past })],
  ['not yet valid', 'CERT_NOT_YET_VALID', () => authority.issue({ names, ...future })],
  ['for another name', 'ERR_TLS_CERT_ALTNAME_INVALID', () => authority.issue({ names: ['other.test'] })],
  ['for the address alone', 'ERR_TLS_CERT_ALTNAME_INVALID', () => authority.issue({ names: ['127.0.0.1'] })],
  ['of an unknown authority', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', () => other.issue({ names })],
]

test.each(wrong)('a certificate %s is answered with nothing at all', async (_what, code, issue) => {
  const server = start(await issue())
  const way = outgoing({ resolve, secrets: [SECRET] })
  const provider = providerAt(`https://provider.test:${server.port}/v1`, {
    ca: authority.certificate,
    credential: { from: 'env', name: 'KEY' },
  })
  for (let time = 0; time < 3; time += 1) expect(await way.outcome(provider)).toBe('provider_unreachable')
  expect(server.counts.requests).toBe(0)
  // Once, however often it is tried within 10 s.
  expect(way.log).toEqual([`provider harbor: provider_unreachable: ${code}`])
})

test('nothing of the request is on the wire before the certificate held: the bytes are counted', async () => {
  // Between the gate and the provider, as whoever listens there: what the gate sends after its part of the handshake.
  const server = start(await authority.issue({ names, ...past }))
  let sent = 0
  const tap = createServer((from) => {
    const onwards = connect(server.port, '127.0.0.1')
    from.on('data', (bytes) => (sent += bytes.length)).on('error', () => undefined)
    onwards.on('error', () => undefined)
    from.pipe(onwards).pipe(from)
  })
  tap.listen(0, '127.0.0.1')
  await once(tap, 'listening')
  const provider = providerAt(`https://provider.test:${(tap.address() as AddressInfo).port}/v1`, {
    ca: authority.certificate,
  })
  const body = new Uint8Array(100_000)
  expect(await outgoing({ resolve }).outcome(provider, { body })).toBe('provider_unreachable')
  expect(sent).toBeGreaterThan(0)
  expect(sent).toBeLessThan(4_096)
  tap.close()
})

test('100 requests in a row by name go over one connection, and so do 100 by address', async () => {
  const server = start(await authority.issue({ names: ['provider.test', '127.0.0.1'] }))
  for (const host of ['provider.test', '127.0.0.1']) {
    const before = { ...server.counts }
    const way = outgoing({ resolve })
    const provider = providerAt(`https://${host}:${server.port}/v1`, { ca: authority.certificate })
    for (let time = 0; time < 100; time += 1) expect(await way.outcome(provider)).toBe(200)
    expect(server.counts.requests - before.requests).toBe(100)
    expect(server.counts.handshakes - before.handshakes).toBe(1)
  }
})

test('a connection that one authority vouched for serves nobody who trusts another, nor under another name', async () => {
  const server = start(await authority.issue({ names }))
  const way = outgoing({ resolve })
  const at = (host: string, ca?: string) =>
    providerAt(`https://${host}:${server.port}/v1`, ca === undefined ? {} : { ca })
  expect(await way.outcome(at('provider.test', authority.certificate))).toBe(200)
  expect(await way.outcome(at('provider.test', other.certificate))).toBe('provider_unreachable')
  expect(await way.outcome(at('provider.test'))).toBe('provider_unreachable')
  expect(await way.outcome(at('other.test', authority.certificate))).toBe('provider_unreachable')
  expect(await way.outcome(at('127.0.0.1', authority.certificate))).toBe('provider_unreachable')
  expect(server.counts.requests).toBe(1)
})

test('an environment that switches the check off switches nothing off', async () => {
  const server = start(await other.issue({ names }))
  const asked = `
    import { outgoing, providerAt } from ${JSON.stringify(import.meta.resolve('#upstream/http.fixture.ts'))}
    const provider = providerAt('https://provider.test:${server.port}/v1')
    console.log(await outgoing({ resolve: async () => ['127.0.0.1'] }).outcome(provider))`
  const child = Bun.spawn([process.execPath, '-e', asked], {
    env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
    stderr: 'ignore',
  })
  expect(await new Response(child.stdout).text()).toBe('provider_unreachable\n')
  expect(server.counts.requests).toBe(0)
})

test('a server that speaks no TLS there gets no request either', async () => {
  let said = ''
  const plain = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      said += bytes.toString('latin1')
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')
    })
  })
  plain.listen(0, '127.0.0.1')
  await once(plain, 'listening')
  const provider = providerAt(`https://provider.test:${(plain.address() as AddressInfo).port}/v1`, {
    credential: { from: 'env', name: 'KEY' },
  })
  expect(await outgoing({ resolve, secrets: [SECRET] }).outcome(provider)).toBe('provider_failed')
  expect(said).not.toContain(SECRET)
  expect(said).not.toContain('POST')
  plain.close()
})
