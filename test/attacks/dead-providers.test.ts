// A provider that is not who it says it is, or stands where nobody may dial: the caller is told no more than that, or is
// served by the next target, and the operator reads why.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeAuthority } from '../doubles/certificates.ts'
import { CLINIC, CLINIC_YAML, exchangeOf, PROVIDER_SECRET, type Rig, says, startRig } from '../rig.ts'
import { expectRefused } from './record.ts'

const HOUR = 3_600_000
const METADATA = '169.254.169.254'

let rig: Rig
let home: string
let handshakes = 0
let requests = 0
let expired: { readonly port: number; stop(all: boolean): void }

beforeAll(async () => {
  const authority = await makeAuthority()
  const { certificate, key } = await authority.issue({
    names: ['expired.test'],
    notBefore: new Date(Date.now() - 2 * HOUR),
    notAfter: new Date(Date.now() - HOUR),
  })
  expired = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    tls: { cert: certificate, key },
    socket: {
      // Without a handshake, a connection was only tried out.
      handshake: () => void (handshakes += 1),
      data: () => void (requests += 1),
      error: () => undefined,
    },
  })
  home = await mkdtemp(join(tmpdir(), 'sallyport-ca-'))
  const authorities = join(home, 'ca.pem')
  await writeFile(authorities, authority.certificate)
  const provider = (name: string, url: string, more = ''): string =>
    `  ${name}: { kind: openai-compatible, url: "${url}", credential: file:provider-key, private: true${more} }\n`
  const yaml = CLINIC_YAML.replace(
    'providers:\n',
    `providers:\n${[
      provider('expired', `https://expired.test:${expired.port}/v1`, `, ca: file:${authorities}`),
      provider('again', `https://expired.test:${expired.port}/v1`, `, ca: file:${authorities}`),
      provider('turned', 'https://turned.test/v1'),
      provider('lost', 'https://lost.test/v1'),
    ].join('')}`,
  ).replace(
    'models:\n',
    `models:\n${[
      '  only-expired: { system: clinic, use: [expired/m] }\n',
      '  first-expired: { system: clinic, use: [again/m, harbor/harbor-small] }\n',
      '  only-turned: { system: clinic, use: [turned/m] }\n',
      '  first-turned: { system: clinic, use: [turned/n, lost/m, harbor/harbor-small] }\n',
    ].join('')}`,
  )
  const names: Readonly<Record<string, string>> = { 'expired.test': '127.0.0.1', 'turned.test': METADATA }
  rig = await startRig({
    files: { ...CLINIC, 'sallyport.yaml': yaml },
    resolve: async (host) => {
      const address = names[host]
      if (address === undefined) throw Object.assign(new Error(`getaddrinfo ${host}`), { code: 'ENOTFOUND' })
      return [address]
    },
  })
})
afterAll(async () => {
  await rig.stop()
  expired.stop(true)
  await rm(home, { recursive: true })
})

const ask = (model: string): Promise<Response> => rig.ask('alice', { model, messages: says('hello') })

test('an expired certificate is a provider that cannot be reached; it was sent nothing', async () => {
  const { message } = await expectRefused(rig, await ask('only-expired'), {
    status: 503,
    type: 'server_error',
    code: 'provider_unreachable',
    decision: 'allow',
    ended: 'upstream-failed',
  })
  expect(message).not.toMatch(/expired|127\.0\.0\.1|CERT/)
  expect(requests).toBe(0)
  expect(rig.log.join('\n')).toContain('provider expired: provider_unreachable: CERT_HAS_EXPIRED')
})

test('the next target answers in its place, and after three times it is not even asked', async () => {
  handshakes = 0
  for (let time = 0; time < 6; time += 1) {
    const response = await ask('first-expired')
    expect([response.status, response.headers.get('x-sallyport-target')]).toEqual([200, 'harbor/harbor-small'])
    const { outcome } = await rig.settled(exchangeOf(response))
    const tried = outcome['attempts'] as readonly { readonly target: string; readonly error?: string }[]
    const wanted = time < 3 ? ['provider_unreachable', undefined] : [undefined]
    expect(tried.map(({ error }) => error)).toEqual(wanted)
  }
  expect([handshakes, requests]).toEqual([3, 0])
})

test('a name that leads to the metadata service is a no of its own, a sign in the trail, and a line in the log', async () => {
  const response = await ask('only-turned')
  const told = await response.text()
  expect([response.status, told.includes('provider_address_refused')]).toEqual([502, true])
  expect(told).not.toMatch(/169\.254|turned\.test/)
  const exchange = exchangeOf(response)
  await rig.settled(exchange)
  const entries = (await rig.entries()).filter((entry) => entry['exchange'] === exchange)
  expect(entries.find(({ kind }) => kind === 'indicator')).toMatchObject({
    indicator: 'egress-refused',
    subject: 'turned',
  })
  expect(rig.log.join('\n')).toContain(`turned.test leads to ${METADATA}`)
})

test('addresses that may not be dialled and names that nobody knows lead to the next target', async () => {
  const response = await ask('first-turned')
  expect([response.status, response.headers.get('x-sallyport-target')]).toEqual([200, 'harbor/harbor-small'])
  const { outcome } = await rig.settled(exchangeOf(response))
  expect(outcome['attempts']).toMatchObject([
    { target: 'turned/n', error: 'provider_address_refused' },
    { target: 'lost/m', error: 'provider_unreachable' },
    { target: 'harbor/harbor-small', status: 200 },
  ])
})

test('the credential of none of them is in the log, nor in the trail', async () => {
  expect(JSON.stringify([rig.log, await rig.entries()])).not.toContain(PROVIDER_SECRET)
})
