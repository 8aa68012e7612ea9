import { beforeAll, expect, test } from 'bun:test'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Authority, makeAuthority } from '../../../test/doubles/certificates.ts'
import { fixes, partsOf, told } from './pages.fixture.ts'
import { checkWire } from './wire.ts'

const HERE = { host: '127.0.0.1', port: 8400 }
const NETWORK = { host: '0.0.0.0', port: 8400 }
const NOW = Date.now()
const DAY = 86_400_000
const day = (at: number): string => new Date(at).toISOString().slice(0, 10)

let authority: Authority
let directory: string
beforeAll(async () => {
  authority = await makeAuthority()
  directory = await mkdtemp(join(tmpdir(), 'sallyport-doctor-'))
})

const listen = (text: string) => ['teams:', `listen: ${text}\nteams:`] as const

/** `tls:` with a certificate for these names and this long. */
async function tls(names: readonly string[], { from = NOW - DAY, to = NOW + 90 * DAY, key = '' } = {}) {
  const made = await authority.issue({ names, notBefore: new Date(from), notAfter: new Date(to) })
  await writeFile(join(directory, 'gate.pem'), made.certificate)
  await writeFile(join(directory, 'gate.key'), key === '' ? made.key : key, { mode: 0o600 })
  return listen(`{ tls: { certificate: file:${directory}/gate.pem, key: file:${directory}/gate.key } }`)
}

const examine = async (where: typeof HERE, ...changes: readonly (readonly [string, string])[]) =>
  checkWire(await partsOf(...changes), where, NOW)

test('plain HTTP on this machine is right where public says so', async () => {
  expect(told(await examine(HERE, ['https://gate.example', 'http://127.0.0.1:8400']))).toEqual([
    'ok wire 127.0.0.1:8400: plain HTTP, on this machine only',
    'ok public 127.0.0.1:8400: http',
  ])
})

test('an https address that nobody serves is a warning', async () => {
  expect(told(await examine(HERE))).toEqual([
    'ok wire 127.0.0.1:8400: plain HTTP, on this machine only',
    'warn public gate.example: public: says https, but nothing here speaks TLS, and no proxy is named that would',
  ])
})

test('plain HTTP on the network is wrong, unless a reason is given', async () => {
  expect(told(await examine(NETWORK))[0]).toBe(
    'wrong wire 0.0.0.0:8400: would be plain HTTP on the network: tokens could be read on the way, so the gateway does not start',
  )
  expect(told(await examine(NETWORK, listen('{ plaintext: inside one pod }')))[0]).toBe(
    'ok wire 0.0.0.0:8400: plain HTTP on the network, as meant: inside one pod',
  )
})

test('a proxy is named with what is believed of it', async () => {
  const one = await examine(HERE, listen('{ proxy: { networks: [10.0.0.0/8], certificate: true } }'))
  expect(told(one).slice(1)).toEqual([
    'ok public gate.example: https, by the proxy',
    'ok proxy 10.0.0.0/8: believed where it writes x-forwarded-for and client-cert; nobody else is',
  ])
})

test('a certificate with its key, in time and for the name, is right', async () => {
  expect(told(await examine(NETWORK, await tls(['gate.example'])))).toEqual([
    `ok tls ${directory}/gate.key: is the key of the certificate`,
    `ok tls ${directory}/gate.pem: valid until ${day(NOW + 90 * DAY)}, ${daysLeft(90)} days left`,
    'ok tls gate.example: is a name of the certificate',
    'ok public gate.example: https, spoken here',
  ])
})

test('a certificate that ends soon is a warning', async () => {
  expect(told(await examine(NETWORK, await tls(['gate.example'], { to: NOW + 13 * DAY })))[1]).toBe(
    `warn tls ${directory}/gate.pem: valid until ${day(NOW + 13 * DAY)}, ${daysLeft(13)} days left`,
  )
})

test('one that has ended, or not begun, is wrong', async () => {
  const old = await examine(NETWORK, await tls(['gate.example'], { from: NOW - 9 * DAY, to: NOW - 2 * DAY }))
  expect(told(old)[1]).toBe(`wrong tls ${directory}/gate.pem: expired on ${day(NOW - 2 * DAY)}, 2 days ago`)
  const early = await examine(NETWORK, await tls(['gate.example'], { from: NOW + DAY }))
  expect(told(early)[1]).toStartWith(`wrong tls ${directory}/gate.pem: is not valid before ${day(NOW + DAY)}`)
})

test('one for another name is wrong, and shows for which', async () => {
  const found = await examine(NETWORK, await tls(['other.example', '10.0.0.1']))
  expect(told(found)[2]).toBe(
    'wrong tls gate.example: is what public: says, but the certificate is for other.example, 10.0.0.1',
  )
  expect(fixes(found)[2]).toBe('Get a certificate for gate.example, or write public: with the name that it has.')
})

test('an address counts as a name only where the certificate has it as one', async () => {
  const origin = ['https://gate.example', 'https://127.0.0.1:8400'] as const
  expect(told(await examine(NETWORK, origin, await tls(['127.0.0.1'])))[2]).toBe(
    'ok tls 127.0.0.1: is a name of the certificate',
  )
  expect(told(await examine(NETWORK, origin, await tls(['gate.example'])))[2]).toBe(
    'wrong tls 127.0.0.1: is what public: says, but the certificate is for gate.example',
  )
})

test('the key of another certificate, and no key at all, are wrong', async () => {
  const { key } = await authority.issue({ names: ['gate.example'] })
  expect(told(await examine(NETWORK, await tls(['gate.example'], { key })))[0]).toBe(
    `wrong tls ${directory}/gate.key: is not the key of the certificate`,
  )
  expect(told(await examine(NETWORK, await tls(['gate.example'], { key: 'none' })))[0]).toBe(
    `wrong tls ${directory}/gate.key: holds no private key that can be read`,
  )
})

test('a chain that is cut off is wrong, though its first certificate is whole', async () => {
  const changes = await tls(['gate.example'])
  const path = join(directory, 'gate.pem')
  await writeFile(path, `${await readFile(path, 'utf8')}\n-----BEGIN CERTIFICATE-----\nMIIB`)
  expect(told(await examine(NETWORK, changes))[0]).toBe(
    `wrong tls ${path}: would not be taken: ${path} is not a chain of certificates in PEM`,
  )
})

test('TLS below a public address that says http is a warning', async () => {
  const found = await examine(HERE, ['https://gate.example', 'http://127.0.0.1:8400'], await tls(['127.0.0.1']))
  expect(told(found)[3]).toBe('warn public 127.0.0.1:8400: public: says http, but TLS is what is spoken here')
})

/** Certificates count in whole seconds: a day that has just begun is not left whole. */
const daysLeft = (days: number): number => days - (NOW % 1000 === 0 ? 0 : 1)
