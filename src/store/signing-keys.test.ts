import { beforeEach, describe, expect, test } from 'bun:test'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal } from '#access/refusal.ts'
import { signingSchedule } from '#identity/signing-schedule.ts'
import { takeLock } from './lock.ts'
import { openSigningKeys, type SigningKeyOptions } from './signing-keys.ts'
import { signingKeyOf } from './signing-keys-files.ts'

const MINUTE = 60_000
const DAY = 86_400_000
const START = Date.parse('2026-07-01T10:15:00.900Z')

let keys = ''
let lock = ''
let now = START
let records: string[] = []
let lines: string[] = []

beforeEach(async () => {
  const home = await mkdtemp(join(tmpdir(), 'signing-keys-'))
  keys = join(home, 'keys')
  lock = join(home, 'identity.lock')
  await mkdir(keys)
  now = START
  records = []
  lines = []
})

const options = (others: Partial<SigningKeyOptions> = {}): SigningKeyOptions => ({
  keys,
  lock,
  now: () => now,
  random: (length) => new Uint8Array(randomBytes(length)),
  schedule: signingSchedule,
  record: async ({ change, kid }) => void records.push(`${change} ${kid}`),
  report: (line) => void lines.push(line),
  ...others,
})

async function refusalOf(work: () => unknown): Promise<string> {
  try {
    await work()
  } catch (error) {
    if (error instanceof Refusal) return `${error.reason}: ${error.detail.message}`
    throw error
  }
  throw new Error('it was not refused')
}

const CANNOT = 'not_ready: The gate cannot sign for providers just now: its signing keys cannot be used.'
/** RFC 8037 appendix A: the seed, its public key and its thumbprint. */
const RFC_8037 = {
  seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
}
const KNOWN = `identity-20260701T101500Z-${RFC_8037.kid}.key`

describe('a key', () => {
  test('is named by the thumbprint of its public half, as RFC 8037 computes it', () => {
    const { x, kid, created } = signingKeyOf(new Uint8Array(Buffer.from(RFC_8037.seed, 'hex')), START)
    expect({ x, kid, created }).toEqual({ x: RFC_8037.x, kid: RFC_8037.kid, created: START - 900 })
  })

  test('is made where there is none, for its owner alone, and nothing is left beside it', async () => {
    const ring = await openSigningKeys(options({ random: () => new Uint8Array(Buffer.from(RFC_8037.seed, 'hex')) }))
    expect(await readdir(keys)).toEqual([KNOWN])
    expect((await readFile(join(keys, KNOWN))).toString('hex')).toBe(RFC_8037.seed)
    expect((await stat(join(keys, KNOWN))).mode & 0o777).toBe(0o600)
    expect(ring.signing().kid).toBe(RFC_8037.kid)
    expect(ring.published().map(({ kid }) => kid)).toEqual([RFC_8037.kid])
    expect(records).toEqual([`made ${RFC_8037.kid}`])
  })

  test('that cannot be recorded is not made', async () => {
    const record = () => Promise.reject(new Refusal('audit_unavailable', { message: 'The disk is full.' }))
    expect(await refusalOf(() => openSigningKeys(options({ record })))).toBe('audit_unavailable: The disk is full.')
    expect(await readdir(keys)).toEqual([])
  })

  test('that somebody died while making is taken away, and another made', async () => {
    await writeFile(join(keys, 'identity.draft'), 'half')
    await openSigningKeys(options())
    expect(await readdir(keys)).toHaveLength(1)
    expect(records).toHaveLength(1)
  })
})

describe('those who start at once', () => {
  test('in one process end with the same key', async () => {
    const rings = await Promise.all(Array.from({ length: 10 }, () => openSigningKeys(options())))
    expect(new Set(rings.map((ring) => ring.signing().kid)).size).toBe(1)
    expect(await readdir(keys)).toHaveLength(1)
    expect(records).toHaveLength(1)
  })

  test('as processes end with the same key, and one of them made it', async () => {
    const here = JSON.stringify(import.meta.dir)
    const source = `
      const { openSigningKeys } = await import(${here} + '/signing-keys.ts')
      const { signingSchedule } = await import(${here} + '/../identity/signing-schedule.ts')
      const { randomBytes } = require('node:crypto')
      process.stdout.write('up ')
      await Bun.stdin.text()
      let made = 0
      const ring = await openSigningKeys({
        keys: ${JSON.stringify(keys)}, lock: ${JSON.stringify(lock)}, now: Date.now, random: randomBytes,
        schedule: signingSchedule, record: async () => void made++, report: console.error,
      })
      process.stdout.write(ring.signing().kid + ' ' + made)
    `
    const workers = Array.from({ length: 4 }, () =>
      Bun.spawn([process.execPath, '-e', source], { stdin: 'pipe', stdout: 'pipe' }),
    )
    const readers = workers.map(({ stdout }) => stdout.getReader())
    for (const reader of readers) expect(new TextDecoder().decode((await reader.read()).value)).toBe('up ')
    for (const { stdin } of workers) void stdin.end()
    const said = await Promise.all(
      readers.map(async (reader) => new TextDecoder().decode((await reader.read()).value ?? new Uint8Array())),
    )
    const [name = '', ...others] = await readdir(keys)
    expect(others).toEqual([])
    const kid = name.slice(26, -4)
    expect(said.toSorted()).toEqual([`${kid} 0`, `${kid} 0`, `${kid} 0`, `${kid} 1`])
  })

  test('do not wait for a maker where there is a key already', async () => {
    const first = await openSigningKeys(options())
    now += 31 * DAY
    const other = takeLock(lock)
    const ring = await openSigningKeys(options())
    expect(ring.signing().kid).toBe(first.signing().kid)
    expect(await readdir(keys)).toHaveLength(1)
    other?.release()
  })
})

describe('rotation', () => {
  test('over 90 days of use there are three more keys, each told, and the old ones are gone', async () => {
    const ring = await openSigningKeys(options())
    const signed = new Set<string>()
    const most: number[] = []
    for (; now < START + 92 * DAY; now += 6 * 3_600_000) {
      signed.add(ring.signing().kid)
      most.push(ring.published().length)
      await ring.settled()
    }
    expect(signed.size).toBe(4)
    expect(Math.max(...most)).toBe(2)
    const changes = records.map((record) => record.split(' ')[0])
    expect(changes.join(' ')).toBe('made made removed made removed made removed')
    expect(await readdir(keys)).toHaveLength(1)
    expect(lines).toEqual([])
  })

  test('a worker sees what another made within a minute of use, and at once where it publishes', async () => {
    const one = await openSigningKeys(options())
    const other = await openSigningKeys(options())
    const first = other.signing().kid
    now += 30 * DAY
    one.published()
    await one.settled()
    expect(other.published().map(({ kid }) => kid)).toEqual([first, one.published().at(-1)?.kid ?? ''])
    now += 62 * MINUTE + 1000
    expect(other.signing().kid).toBe(one.published().at(-1)?.kid ?? '')
  })

  test('a key that is taken away signs for a minute at most; a new one then signs at once', async () => {
    const ring = await openSigningKeys(options())
    const { kid } = ring.signing()
    for (const name of await readdir(keys)) await rm(join(keys, name))
    now += MINUTE - 1
    expect(ring.signing().kid).toBe(kid)
    now += 1
    expect(await refusalOf(() => ring.signing())).toBe(CANNOT)
    await ring.settled()
    expect(ring.signing().kid).not.toBe(kid)
    expect(records).toHaveLength(2)
  })

  test('one that cannot be recorded is told to the operator, and the old key goes on', async () => {
    let broken = false
    const record = (): Promise<void> => (broken ? Promise.reject(new Error('The disk is full.')) : Promise.resolve())
    const ring = await openSigningKeys(options({ record }))
    const { kid } = ring.signing()
    broken = true
    now += 31 * DAY
    for (let turn = 0; turn < 3; turn++) {
      expect(ring.signing().kid).toBe(kid)
      expect(ring.published()).toHaveLength(1)
      await ring.settled()
    }
    expect(lines).toEqual(['no signing key could be made or removed: The disk is full.'])
    broken = false
    now += MINUTE
    ring.signing()
    await ring.settled()
    expect(ring.published()).toHaveLength(2)
  })
})

describe('a file that cannot be relied on is refused, and stays', () => {
  const cases: readonly (readonly [string, () => Promise<unknown>, string])[] = [
    ['of 31 bytes', () => writeFile(join(keys, KNOWN), 'K'.repeat(31), { mode: 0o600 }), 'is not 32 bytes long'],
    ['of 33 bytes', () => writeFile(join(keys, KNOWN), 'K'.repeat(33), { mode: 0o600 }), 'is not 32 bytes long'],
    [
      'that holds another key than it says',
      () => writeFile(join(keys, KNOWN), 'K'.repeat(32), { mode: 0o600 }),
      'is not the key that its name says',
    ],
    [
      'that its group can read',
      () => writeFile(join(keys, KNOWN), Buffer.from(RFC_8037.seed, 'hex')).then(() => chmod(join(keys, KNOWN), 0o640)),
      'can be read by others',
    ],
    ['that is a directory', () => mkdir(join(keys, KNOWN)), 'is not a regular file'],
    ['that is a link', () => symlink('elsewhere', join(keys, KNOWN)), 'cannot be read (ELOOP)'],
  ]

  test.each(cases)('one %s', async (_, make, said) => {
    await make()
    expect(await refusalOf(() => openSigningKeys(options()))).toStartWith(
      `not_ready: The signing key keys/${KNOWN} ${said}`,
    )
    expect(await readdir(keys)).toEqual([KNOWN])
    expect(records).toEqual([])
  })

  test.each(['identity-old.key', `identity-20261399T000000Z-${RFC_8037.kid}.key`])('one named %s', async (name) => {
    await writeFile(join(keys, name), 'K'.repeat(32), { mode: 0o600 })
    expect(await refusalOf(() => openSigningKeys(options()))).toBe(
      `not_ready: The signing key keys/${name} has no name of a signing key: take it away.`,
    )
  })

  test('while it runs: what is wrong goes to the operator, once a minute; the caller learns nothing; it mends itself', async () => {
    const ring = await openSigningKeys(options())
    const { kid } = ring.signing()
    const [name = ''] = await readdir(keys)
    await chmod(join(keys, name), 0o644)
    now += MINUTE
    expect(await refusalOf(() => ring.signing())).toBe(CANNOT)
    expect(await refusalOf(() => ring.published())).toBe(CANNOT)
    expect(lines).toEqual([
      `the signing keys cannot be used: The signing key keys/${name} can be read by others: take it away, a new one is made.`,
    ])
    await chmod(join(keys, name), 0o600)
    expect(ring.signing().kid).toBe(kid)
  })

  test('a directory that is gone', async () => {
    await rename(keys, `${keys}-gone`)
    expect(await refusalOf(() => openSigningKeys(options()))).toBe(
      'not_ready: The directory keys/ cannot be read (ENOENT).',
    )
  })
})

test('files that are no signing keys are left alone', async () => {
  await writeFile(join(keys, 'pseudonym.key'), 'P'.repeat(32), { mode: 0o600 })
  await openSigningKeys(options())
  expect((await readdir(keys)).toSorted()[1]).toBe('pseudonym.key')
})
