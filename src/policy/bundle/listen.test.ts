import { describe, expect, test } from 'bun:test'
import { isAbsolute } from 'node:path'
import { CLINIC, loadClinic, printed, soundClinic } from './clinic-fixture.ts'
import type { Loading } from './load-bundle.ts'

const FILES = { 'tls/gate.crt': 'certificate', 'tls/gate.key': 'key' }

const withListen = (text: string) => ({
  'sallyport.yaml': `${CLINIC['sallyport.yaml']}listen: ${text}\n`,
  ...(text.includes('tls:') && FILES),
})

const read = async (text: string) => (await soundClinic(withListen(text))).config.listen

/** Of each problem: its path, and what is wrong. */
const faults = async (text: string): Promise<readonly string[]> =>
  problemsOf(await loadClinic(withListen(text))).map(({ path, message }) => `${path}: ${message}`)

const problemsOf = (loading: Loading) => (loading.ok ? [] : loading.problems)

test('without a word, nothing: plain HTTP, the peer is the caller, and no page may call', async () => {
  expect((await soundClinic()).config.listen).toEqual({ cors: [] })
  expect(await read('{}')).toEqual({ cors: [] })
})

describe('tls', () => {
  test('its paths begin at the bundle, and are absolute from here on', async () => {
    const { tls } = await read('{ tls: { certificate: "file:tls/gate.crt", key: "file:tls/gate.key" } }')
    expect(tls && [isAbsolute(tls.certificate), isAbsolute(tls.key)]).toEqual([true, true])
    expect(tls?.certificate).toEndWith('/tls/gate.crt')
    expect(tls?.key).toEndWith('/tls/gate.key')
  })

  test.each([
    ['{ tls: { certificate: "file:tls/gate.crt" } }', ['listen.tls: lacks `key`']],
    ['{ tls: { key: "file:tls/gate.key" } }', ['listen.tls: lacks `certificate`']],
    ['{ tls: true }', ['listen.tls: must be a map, but is true or false']],
    ['{ tls: { certificate: "file:tls/gate.crt", key: tls/gate.key } }', ['listen.tls.key: must be file:PATH']],
    ['{ tls: { certificate: "file:tls/gate.crt", key: "vault:kv/gate#key" } }', ['listen.tls.key: must be file:PATH']],
    [
      '{ tls: { certificate: "file:tls/gone.crt", key: "file:tls/gate.key" } }',
      ['listen.tls.certificate: refers to a file that does not exist: tls/gone.crt'],
    ],
    [
      '{ tls: { certificate: "file:tls", key: "file:tls/gate.key" } }',
      ['listen.tls.certificate: refers to something that is not a file: tls'],
    ],
    [
      '{ tls: { certificate: "file:tls/gate.crt", key: "file:tls/gate.key", versions: ["1.0"] } }',
      ['listen.tls.versions: is not a known key'],
    ],
    [
      '{ tls: { certificate: "file:tls/gate.crt", key: "file:tls/gate.key" }, plaintext: "both" }',
      ['listen.plaintext: stands beside `tls`: the gateway would not be plain'],
    ],
  ])('%s is refused', async (text, problems) => {
    expect(await faults(text)).toEqual(problems)
  })

  test('a key that was pasted in place of its path is refused and not quoted', async () => {
    const pasted = `-----BEGIN PRIVATE KEY-----MC4CAQAwBQYDK2VwBCIEIJ${'x'.repeat(40)}`
    const loading = await loadClinic(withListen(`{ tls: { certificate: "file:tls/gate.crt", key: "${pasted}" } }`))
    expect(problemsOf(loading).map(({ path }) => path)).toEqual(['listen.tls.key'])
    expect(printed(loading).join('\n')).not.toContain('MC4CAQAwBQYDK2Vw')
  })
})

describe('plaintext', () => {
  test('is a reason', async () => {
    expect(await read('{ plaintext: "the service mesh encrypts it" }')).toEqual({
      plaintext: 'the service mesh encrypts it',
      cors: [],
    })
  })

  test.each([
    ['{ plaintext: true }', 'listen.plaintext: must be the reason why plain HTTP is meant, but is true or false'],
    ['{ plaintext: " " }', 'listen.plaintext: must be the reason why plain HTTP is meant, but is empty'],
    ['{ plaintext: }', 'listen.plaintext: must be the reason why plain HTTP is meant, but is empty'],
  ])('%s is none', async (text, problem) => {
    expect(await faults(text)).toEqual([problem])
  })
})

describe('proxy', () => {
  test('is believed about addresses, and about certificates only where that is said', async () => {
    expect(await read('{ proxy: { networks: [10.0.0.0/8, "fd00::/8", 192.0.2.1] } }')).toEqual({
      proxy: { networks: ['10.0.0.0/8', 'fd00::/8', '192.0.2.1'], address: 'x-forwarded-for', certificate: false },
      cors: [],
    })
    expect(await read('{ proxy: { networks: [10.0.0.1], address: forwarded, certificate: true } }')).toEqual({
      proxy: { networks: ['10.0.0.1'], address: 'forwarded', certificate: true },
      cors: [],
    })
  })

  test.each([
    ['{ proxy: {} }', 'listen.proxy: lacks `networks`'],
    ['{ proxy: { networks: [] } }', 'listen.proxy.networks: must name at least one of: networks'],
    ['{ proxy: { networks: 10.0.0.0/8 } }', 'listen.proxy.networks: must be a list of networks, but is text'],
    ['{ proxy: { networks: [10.0.0.0/33] } }', 'listen.proxy.networks[0]: is not a network: "10.0.0.0/33"'],
    [
      '{ proxy: { networks: ["::ffff:7f00:0/104"] } }',
      'listen.proxy.networks[0]: is IPv4 written as IPv6: "::ffff:7f00:0/104"',
    ],
    ['{ proxy: { networks: [proxy.example] } }', 'listen.proxy.networks[0]: is not a network: "proxy.example"'],
    ['{ proxy: { networks: [10.0.0.1, 10.0.0.1] } }', 'listen.proxy.networks[1]: stands twice in the list'],
    [
      '{ proxy: { networks: [10.0.0.1], address: x-real-ip } }',
      'listen.proxy.address: must be one of x-forwarded-for, forwarded, but is "x-real-ip"',
    ],
    [
      '{ proxy: { networks: [10.0.0.1], certificate: "yes" } }',
      'listen.proxy.certificate: must be true or false, but is text',
    ],
    ['{ proxy: { networks: [10.0.0.1], count: 2 } }', 'listen.proxy.count: is not a known key'],
  ])('%s is refused', async (text, problem) => {
    expect(await faults(text)).toEqual([problem])
  })

  test.each(['0.0.0.0/0', '::/0', '128.0.0.0/1', '2000::/3'])('everybody (%s) is no proxy', async (network) => {
    expect(await faults(`{ proxy: { networks: ["${network}"] } }`)).toEqual([
      `listen.proxy.networks[0]: is so wide that callers would be believed, not proxies: "${network}"`,
    ])
  })
})

describe('cors', () => {
  test('lists origins, as browsers send them', async () => {
    expect(
      await read(
        '{ cors: [https://app.example, "https://app.example:8443", "http://127.0.0.1:3000", "http://localhost:3000"] }',
      ),
    ).toEqual({
      cors: ['https://app.example', 'https://app.example:8443', 'http://127.0.0.1:3000', 'http://localhost:3000'],
    })
  })

  test.each([
    ['["*"]', 'must be an address that begins with https://'],
    ['["null"]', 'must be an address that begins with https://'],
    ['["https://*.example.com"]', 'names many origins: each that may call is listed by itself'],
    ['[https://app.example/]', 'must be an origin, as browsers send it'],
    ['[https://app.example/path]', 'must be an origin, as browsers send it'],
    ['[https://APP.example]', 'must be an origin, as browsers send it'],
    ['["https://app.example:443"]', 'must be an origin, as browsers send it'],
    ['[http://app.example]', 'is http to another machine: anyone on the way could read and change it'],
    ['["https://user@app.example"]', 'must be an address without user, password, query and fragment'],
    ['["chrome-extension://abc"]', 'must be an address that begins with https://'],
  ])('%s is refused', async (text, message) => {
    expect(await faults(`{ cors: ${text} }`)).toEqual([`listen.cors[0]: ${message}`])
  })
})
