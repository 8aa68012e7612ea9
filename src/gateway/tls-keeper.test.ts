import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Authority, type Certificate, makeAuthority } from '../../test/doubles/certificates.ts'
import { keepTls, TlsFault } from './tls-keeper.ts'
import type { TlsMaterial, TlsPaths } from './tls-material.ts'

const DAY = 86_400_000
const HOUR = 3_600_000

let place: string
let authority: Authority
let lasting: Certificate
let other: Certificate
let old: Certificate
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'sallyport-tls-'))
  authority = await makeAuthority()
  const issue = (notAfter: number): Promise<Certificate> =>
    authority.issue({ names: ['gate.test'], notBefore: new Date(Date.now() - 2 * HOUR), notAfter: new Date(notAfter) })
  lasting = await issue(Date.now() + 100 * DAY)
  other = await issue(Date.now() + 90 * DAY)
  old = await issue(Date.now() - HOUR)
})
afterAll(() => rm(place, { recursive: true, force: true }))

let turn = 0
async function files(pair: Certificate): Promise<TlsPaths> {
  turn += 1
  const paths = { certificate: join(place, `${turn}.crt`), key: join(place, `${turn}.key`) }
  await write(paths, pair)
  return paths
}
async function write(paths: TlsPaths, pair: Partial<Certificate>): Promise<void> {
  if (pair.certificate !== undefined) await writeFile(paths.certificate, pair.certificate)
  if (pair.key !== undefined) await writeFile(paths.key, pair.key)
}

function keeping(start: TlsPaths, now: () => number = () => Date.now()) {
  const said: string[] = []
  const taken: TlsMaterial[] = []
  const wanted = { paths: start as TlsPaths | undefined, broken: '', host: 'gate.test' }
  const keeper = keepTls(
    { paths: () => wanted.paths, host: () => wanted.host, now, say: (line) => void said.push(line) },
    start,
  )
  const look = (): void =>
    keeper.look((material) => {
      if (wanted.broken !== '') throw new Error(wanted.broken)
      taken.push(material)
    })
  return { said, taken, wanted, look, keeper }
}

test('files that nobody touched are not taken again', async () => {
  const { look, taken, said, keeper } = keeping(await files(lasting))
  for (let looks = 0; looks < 3; looks += 1) look()
  expect(keeper.first.certificate).toBe(lasting.certificate)
  expect({ taken, said }).toEqual({ taken: [], said: [] })
})

test('a new pair is taken once, and what is half replaced is waited for in silence', async () => {
  const paths = await files(lasting)
  const { look, taken, said } = keeping(paths)
  await write(paths, { certificate: other.certificate })
  look()
  expect({ taken, said }).toEqual({ taken: [], said: [] })
  await write(paths, { key: other.key })
  look()
  look()
  expect(taken.map(({ certificate }) => certificate)).toEqual([other.certificate])
  expect(said).toEqual([
    expect.stringMatching(
      /^the certificate was replaced; the new one is valid until \d{4}-\d\d-\d\d \(the old one may be shown for some seconds yet\)$/,
    ),
  ])
})

test.each([
  ['a key of another certificate', () => ({ key: other.key }), 'does not fit'],
  ['an expired certificate', () => old, 'expired on '],
  ['an empty key', () => ({ key: '' }), 'cannot be read'],
  ['half a certificate', () => ({ certificate: lasting.certificate.slice(0, 300) }), 'is not a chain of certificates'],
  ['no certificate', () => ({ certificate: 'nothing' }), 'is not a chain of certificates'],
  [
    'a chain that breaks off',
    () => ({ certificate: `${lasting.certificate}\n${other.certificate.slice(0, 200)}` }),
    'is not a chain',
  ],
  ['a key instead of a certificate', () => ({ certificate: lasting.key }), 'is not a chain of certificates'],
])('%s keeps the old one, and is said once', async (_name, pair, why) => {
  const paths = await files(lasting)
  const { look, taken, said } = keeping(paths)
  await write(paths, pair())
  for (let looks = 0; looks < 5; looks += 1) look()
  expect(taken).toEqual([])
  expect(said).toEqual([
    expect.stringMatching(
      /^the new certificate was not taken, because .*; the old one stays, valid until \d{4}-\d\d-\d\d$/,
    ),
  ])
  expect(said[0]).toContain(why)
  expect(said[0]).not.toContain('-----')
  await write(paths, other)
  look()
  expect(taken.map(({ key }) => key)).toEqual([other.key])
})

test('files that are gone keep the old one', async () => {
  const paths = await files(lasting)
  const { look, taken, said } = keeping(paths)
  await unlink(paths.key)
  look()
  look()
  expect(taken).toEqual([])
  expect(said).toEqual([expect.stringContaining('cannot be read')])
})

test('a link that leads elsewhere is a change, as secrets of orchestrators are replaced', async () => {
  const [one, two] = [await files(lasting), await files(other)]
  const links = { certificate: join(place, 'link.crt'), key: join(place, 'link.key') }
  for (const name of ['certificate', 'key'] as const) await symlink(one[name], links[name])
  const { look, taken } = keeping(links)
  for (const name of ['certificate', 'key'] as const) {
    await unlink(links[name])
    await symlink(two[name], links[name])
  }
  look()
  expect(taken.map(({ certificate }) => certificate)).toEqual([other.certificate])
})

test('the paths are those of the bundle in force; one without any keeps what there is', async () => {
  const { look, taken, wanted } = keeping(await files(lasting))
  wanted.paths = undefined
  look()
  expect(taken).toEqual([])
  wanted.paths = await files(other)
  look()
  expect(taken.map(({ certificate }) => certificate)).toEqual([other.certificate])
})

test('a listener that does not open keeps the old one', async () => {
  const paths = await files(lasting)
  const { look, taken, said, wanted } = keeping(paths)
  wanted.broken = 'no more descriptors'
  await write(paths, other)
  look()
  look()
  expect(taken).toEqual([])
  expect(said).toEqual([expect.stringContaining('because no more descriptors')])
})

test('a certificate that ends within a fortnight is told at the start and once a day, until it is replaced', async () => {
  let now = Date.now()
  const soon = await authority.issue({ names: ['gate.test'], notAfter: new Date(now + 13.5 * DAY) })
  const paths = await files(soon)
  const { look, said } = keeping(paths, () => now)
  expect(said).toEqual([
    expect.stringMatching(
      /^the certificate of `listen\.tls` expires on \d{4}-\d\d-\d\d, in 13 days: replace its files$/,
    ),
  ])
  for (let hours = 0; hours < 49; hours += 1) {
    look()
    now += HOUR
  }
  expect(said.slice(1)).toEqual([expect.stringContaining('in 12 days'), expect.stringContaining('in 11 days')])
  now += 12 * DAY
  look()
  expect(said.at(-1)).toMatch(/expired on \d{4}-\d\d-\d\d: clients refuse it/)
  await write(paths, lasting)
  look()
  const told = said.length
  now += 2 * DAY
  look()
  expect(said.length).toBe(told)
})

test('a certificate for other names than that of `public:` is said at the start, when it comes and when the name changes; and taken', async () => {
  const elsewhere = await authority.issue({
    names: ['other.test', '127.0.0.1'],
    notAfter: new Date(Date.now() + 90 * DAY),
  })
  const line = (host: string): string =>
    `the certificate of \`listen.tls\` is for other.test, 127.0.0.1, and not for ${host} of \`public:\`: clients that call by that name refuse it`
  expect(keeping(await files(elsewhere)).said).toEqual([line('gate.test')])

  const paths = await files(lasting)
  const { look, taken, said, wanted } = keeping(paths)
  await write(paths, elsewhere)
  look()
  look()
  expect(taken.map(({ certificate }) => certificate)).toEqual([elsewhere.certificate])
  expect(said).toEqual([expect.stringContaining('was replaced'), line('gate.test')])
  wanted.host = '127.0.0.1'
  look()
  wanted.host = '[::1]'
  look()
  look()
  expect(said.slice(2)).toEqual([line('[::1]')])
})

test('none that will not do is begun with', async () => {
  const begin = async (pair: Certificate): Promise<unknown> => {
    const paths = await files(pair)
    try {
      return keeping(paths)
    } catch (error) {
      return error
    }
  }
  expect(await begin(old)).toBeInstanceOf(TlsFault)
  expect(await begin({ certificate: lasting.certificate, key: other.key })).toBeInstanceOf(TlsFault)
  const early = await authority.issue({
    names: ['gate.test'],
    notBefore: new Date(Date.now() + HOUR),
    notAfter: new Date(Date.now() + DAY),
  })
  expect(String(await begin(early))).toContain('valid only from')
})
