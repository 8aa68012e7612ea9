import { afterAll, beforeAll, expect, test } from 'bun:test'
import { makeAuthority } from '../../test/doubles/certificates.ts'
import { portTaken } from './port-taken.ts'

const ours = (): Response => new Response(null, { headers: { 'x-sallyport-exchange': '01JD' } })
const stops: (() => unknown)[] = []
let secured: number
let plain: number
let other: number

beforeAll(async () => {
  // For another name, and of an authority that nobody trusts.
  const { certificate, key } = await (await makeAuthority()).issue({ names: ['gate.test'] })
  const serve = (fetch: () => Response, tls?: { readonly cert: string; readonly key: string }): number => {
    const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch, ...(tls && { tls }) })
    stops.push(() => server.stop(true))
    return server.port ?? 0
  }
  secured = serve(ours, { cert: certificate, key })
  plain = serve(ours)
  other = serve(() => new Response('x'))
})
afterAll(() => stops.forEach((stop) => stop()))

async function said(port: number): Promise<readonly string[]> {
  const lines: string[] = []
  const error = Object.assign(new Error('taken'), { code: 'EADDRINUSE' })
  expect(await portTaken(error, '127.0.0.1', port, { err: (line) => void lines.push(line) })).toBe(1)
  return lines
}

test('a port that a Sallyport holds is told as that, with TLS and without', async () => {
  for (const port of [secured, plain]) {
    expect(await said(port)).toEqual([
      `sallyport: port ${port} on 127.0.0.1 is taken: a Sallyport serves there; stop it, or set SALLYPORT_PORT`,
    ])
  }
})

test('a port that another program holds is told as that', async () => {
  expect(await said(other)).toEqual([
    `sallyport: port ${other} on 127.0.0.1 is in use by another program; stop it, or set SALLYPORT_PORT`,
  ])
})

test('what is no matter of ports is thrown on', async () => {
  const error = new Error('a bug')
  expect(await portTaken(error, '127.0.0.1', other, { err: () => undefined }).catch((thrown) => thrown)).toBe(error)
})
