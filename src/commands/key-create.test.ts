import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { verifyAll } from '#audit/verify/verify-all.ts'
import { readEntries } from '#audit/read.ts'
import { takeLock } from '#store/lock.ts'
import { openVirtualKeys } from '#store/virtual-keys.ts'
import { createKey, replaceKey } from './key-create.ts'
import { revokeKeys } from './key-revoke.ts'
import { anOwner, INTAKE, NOON } from './key.fixture.ts'

const storedIn = (home: string) => {
  const keys = openVirtualKeys(join(home, 'control.db'))
  const all = keys.all()
  keys.close()
  return all
}

async function entriesOf(home: string, log: string) {
  const entries = []
  for await (const entry of readEntries(join(home, 'audit', log))) entries.push(entry)
  return entries
}

test('piped, standard output is the key alone; what is said of it goes to standard error', async () => {
  const { run } = await anOwner()
  const { code, out, err } = await run(createKey, INTAKE)
  expect(code).toBe(0)
  expect(out.length).toBe(1)
  expect(out[0]).toMatch(/^sp_[A-Za-z0-9]{12}_[A-Za-z0-9]{43}$/)
  const id = out[0]?.slice(3, 15)
  expect(err).toEqual([
    `✓ key ${id} for App intake, until 2026-12-21 12:00 UTC`,
    `  Shown this once, and kept nowhere. If it is lost or seen: sallyport key rotate ${id} --overlap 0s`,
    '  Whether the bundle knows its teams, models and issuers: sallyport check',
  ])
})

test('on a terminal everything is on standard output, the key first', async () => {
  const { run } = await anOwner()
  const { out, err } = await run(createKey, INTAKE, { terminal: true })
  expect(err).toEqual([])
  expect(out.length).toBe(4)
  expect(out[0]).toStartWith('sp_')
})

test('of the secret only its SHA-256 is kept, in no file of the state directory the secret itself', async () => {
  const { run, home } = await anOwner()
  const { out } = await run(createKey, INTAKE)
  const secret = out[0]?.slice(16) ?? ''
  expect(secret.length).toBe(43)
  const [key] = storedIn(home)
  expect(Buffer.from(key?.secrets[0]?.sha256 ?? []).toString('hex')).toBe(
    createHash('sha256').update(secret).digest('hex'),
  )
  const files = await readdir(home, { recursive: true, withFileTypes: true })
  let read = 0
  for (const file of files.filter((each) => each.isFile())) {
    read += 1
    expect((await readFile(join(file.parentPath, file.name))).includes(secret)).toBe(false)
  }
  expect(read).toBeGreaterThan(5)
})

test('what was asked for is what is kept', async () => {
  const { run, home } = await anOwner()
  await run(
    createKey,
    '--app ci/letters --owner ops --team intake --environment staging --use x --models a,b --models c --actions infer,embed ' +
      '--network 10.2.0.0/16 --network fd00:2::/48 --users harbor --users okta --not-before 2h --expires 2027-01-31 --unused-for 30d',
  )
  const [key] = storedIn(home)
  expect(key).toMatchObject({
    principal: { type: 'App', id: 'ci/letters' },
    owner: 'ops',
    team: 'intake',
    environment: 'staging',
    use: 'x',
    models: ['a', 'b', 'c'],
    actions: ['infer', 'embed'],
    networks: ['10.2.0.0/16', 'fd00:2::/48'],
    users: ['harbor', 'okta'],
    created: NOON,
    notBefore: NOON + 7_200_000,
    expires: Date.UTC(2027, 0, 31),
    unusedFor: 2_592_000_000,
  })
})

test('a personal key is the person’s own, and needs little', async () => {
  const { run, home } = await anOwner()
  const { code } = await run(createKey, '--person harbor/alice --use editor --models a --network 10.2.0.7 --expires 7d')
  expect(code).toBe(0)
  const [key] = storedIn(home)
  expect(key).toMatchObject({
    principal: { type: 'User', id: 'harbor/alice' },
    owner: 'harbor/alice',
    environment: 'personal',
    actions: ['infer'],
    users: [],
  })
  expect(Object.hasOwn(key ?? {}, 'team')).toBe(false)
})

const PERSON = '--person alice --use x --models a'
const APP = '--app a --owner o --team t --environment e --use x --models a'
const FAULTY: readonly (readonly [string, string])[] = [
  [
    `${APP} --expires 30d`,
    '✗ --network  is missing, and so are users: a key never authenticates alone, or whoever found it could use it',
  ],
  [`${APP} --network 10.0.0.0/8`, '✗ --expires  is missing: every key has an end'],
  [`${APP} --network 10.0.0.0/8 --expires 367d`, '✗ --expires  is more than 366 days from now'],
  [`${APP} --network 10.0.0.0/8 --expires 0s`, '✗ --expires  is over before the key could be used'],
  [`${APP} --network 10.0.0.0/8 --expires 2026-11-20`, '✗ --expires  is over before the key could be used'],
  [`${APP} --network 10.0.0.0/8 --expires 2027-02-30`, '✗ --expires  is no time'],
  [`${APP} --network 10.0.0.0/8 --expires 2d --not-before 3d`, '✗ --expires  is over before the key could be used'],
  [`${APP} --network 10.0.0.0/7 --expires 1d`, '✗ --network  holds a network wider than /8: "10.0.0.0/7"'],
  [`${APP} --network ::/0 --expires 1d`, '✗ --network  holds a network wider than /32: "::/0"'],
  [`${APP} --network fd00::/31 --expires 1d`, '✗ --network  holds a network wider than /32: "fd00::/31"'],
  [`${APP} --network 010.0.0.0/8 --expires 1d`, '✗ --network  holds what is no network: "010.0.0.0/8"'],
  [`${APP} --network ::ffff:a00:0/104 --expires 1d`, '✗ --network  holds IPv4 written as IPv6: "::ffff:a00:0/104"'],
  [`${APP} --users a::b --expires 1d`, '✗ --users  names what cannot be an issuer: "a::b"'],
  [`${APP} --users a --expires 1d --actions infer,embd`, '✗ --actions  names an action that there is not: "embd"'],
  [`${APP} --users a --expires 1d --models /x`, '✗ --models  names what cannot be a model: "/x"'],
  [`${APP} --users a --expires 1d --unused-for 5m`, '✗ --unused-for  is no duration from an hour to 366 days'],
  [
    `${APP} --users a --expires 90d --not-before 60d --unused-for 30d`,
    '✗ --unused-for  is over before the key could be used',
  ],
  [`${APP} --users a --expires 1d --person b`, '✗ --person  is given beside an application'],
  [
    `${APP} --users a --expires 1d --owner a\u202Eb`,
    '✗ --owner  holds characters that are not seen, or spaces at its ends',
  ],
  // A filler of Hangul, a braille blank, a joiner of graphemes, a variation selector, a tag: nobody sees them.
  ...['\u3164', '\u2800', '\u034F', '\uFE00', '\uFFA0', '\u{E0100}'].flatMap(
    (unseen): (readonly [string, string])[] => [
      [
        `${APP} --users a --expires 1d`.replace('--app a', `--app a${unseen}`),
        '✗ --app  holds characters that are not seen, or spaces at its ends',
      ],
      [
        `${APP} --users a --expires 1d`.replace('--owner o', `--owner o${unseen}p`),
        '✗ --owner  holds characters that are not seen, or spaces at its ends',
      ],
    ],
  ),
  [`${APP} --users a --expires 1d --why x\u3164`, '✗ --why  holds characters that are not seen, or spaces at its ends'],
  [
    `${PERSON.replace('alice', 'al\u2800ice')} --owner o --expires 1d --network 10.2.0.7`,
    '✗ --person  holds characters that are not seen, or spaces at its ends',
  ],
  [`${PERSON} --expires 1d`, '✗ --network  is missing: a personal key is taken from networks only'],
  [
    `${PERSON} --expires 1d --network 10.2.0.7 --users a`,
    '✗ --users  is given for a personal key, which is used without a token',
  ],
  [
    `${PERSON} --expires 8d --network 10.2.0.7`,
    '✗ --expires  is more than 7 days from now, the most for a personal key',
  ],
  [`${PERSON} --expires 1d --network 10.2.0.7 --team t`, '✗ --team  is given for a person, whose own teams count'],
]

test.each(FAULTY)('refused, with a fix, and nothing is made: %s', async (line, says) => {
  const { run, home } = await anOwner()
  const { code, out, err } = await run(createKey, line)
  expect({ code, out, first: err[0], lines: err.length }).toEqual({ code: 2, out: [], first: says, lines: 3 })
  expect(await stat(home).catch(() => 'missing')).toBe('missing')
})

test('into a file the key goes alone, for its owner only, and never over another file', async () => {
  const { run, home } = await anOwner()
  const { code, out } = await run(createKey, `${INTAKE} --out my.key`)
  expect({ code, out }).toEqual({ code: 0, out: [] })
  const path = join(home, '../my.key')
  expect(await readFile(path, 'utf8')).toMatch(/^sp_[A-Za-z0-9]{12}_[A-Za-z0-9]{43}\n$/)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  const again = await run(createKey, `${INTAKE} --out my.key`).catch((error: unknown) => String(error))
  expect(again).toContain('is there already, and is not overwritten')
  expect(storedIn(home).length).toBe(1)
})

test('where no key could be made its file is gone again', async () => {
  const { run, home } = await anOwner()
  await run(createKey, INTAKE)
  const database = new Database(join(home, 'control.db'))
  database.run("INSERT INTO operators VALUES ('kim')")
  database.close()
  const said = await run(createKey, `${INTAKE} --out my.key`).catch((error: unknown) => String(error))
  expect(said).toContain('The control plane has operators, and keys are changed there')
  expect(await stat(join(home, '../my.key')).catch(() => 'missing')).toBe('missing')
  expect(storedIn(home).length).toBe(1)
})

test('it is recorded in a log of its own, whose birth the control log tells, and everything verifies', async () => {
  const { run, home } = await anOwner()
  const { out } = await run(createKey, `${INTAKE} --why audit-day`)
  const id = out[0]?.slice(3, 15) ?? ''
  const [birth, change] = await entriesOf(home, 'owner')
  expect(birth).toMatchObject({ kind: 'change', what: 'log-birth', subject: 'owner' })
  expect(change).toMatchObject({ kind: 'change', what: 'key', subject: id, why: 'audit-day' })
  expect(change?.['by']).toMatch(/uid \d+/)
  expect(change?.['after']).toContain('"networks":["10.2.0.0/16"]')
  expect(await entriesOf(home, 'control')).toMatchObject([{ subject: 'control' }, { subject: 'owner' }])
  await run(createKey, INTAKE)
  expect((await entriesOf(home, 'control')).length).toBe(2)
  const report = await verifyAll(join(home, 'audit'))
  expect({ ok: report.ok, unrecorded: report.unrecorded }).toEqual({ ok: true, unrecorded: [] })
})

test('while a control process holds its log, the birth is left to it', async () => {
  const { run, home } = await anOwner()
  await mkdir(join(home, 'locks'), { recursive: true })
  const lock = takeLock(join(home, 'locks', 'control.lock'))
  expect((await run(createKey, INTAKE)).code).toBe(0)
  expect(await entriesOf(home, 'control')).toEqual([])
  lock?.release()
  expect((await run(createKey, INTAKE)).code).toBe(0)
  expect(await entriesOf(home, 'control')).toMatchObject([{ subject: 'control' }, { subject: 'owner' }])
})

test('one that comes while another is at work waits for it', async () => {
  const { run, home } = await anOwner()
  await run(createKey, INTAKE)
  const lock = takeLock(join(home, 'locks', 'owner.lock'))
  const waiting = run(createKey, INTAKE)
  await Bun.sleep(50)
  expect(storedIn(home).length).toBe(1)
  lock?.release()
  expect((await waiting).code).toBe(0)
  expect(storedIn(home).length).toBe(2)
})

test('whoever waits for another run says so after a second', async () => {
  const { run, home } = await anOwner()
  const made = await run(createKey, INTAKE)
  const lock = takeLock(join(home, 'locks', 'owner.lock'))
  const waiting = run(revokeKeys, `${made.out[0]?.slice(3, 15)} --why lost`)
  setTimeout(() => lock?.release(), 1_300)
  expect(await waiting).toMatchObject({
    code: 0,
    err: ['sallyport: another sallyport key is at work here; waiting for it, for up to 30 s'],
  })
})

test('a key that takes the place of others of its application revokes them, and no one else’s', async () => {
  const { run, home } = await anOwner()
  await run(createKey, INTAKE)
  await run(createKey, INTAKE.replace('--app intake', '--app other'))
  const err: string[] = []
  const fields = {
    app: 'intake',
    owner: 'demo',
    team: 'intake',
    environment: 'production',
    use: 'the demo',
    models: ['clinic-small'],
    networks: ['127.0.0.0/8'],
    expires: '8h',
  }
  const io = { err: (line: string) => void err.push(line) }
  const tools = { now: () => NOON + 1000, random: (length: number) => crypto.getRandomValues(new Uint8Array(length)) }
  const text = await replaceKey(home, fields, io, tools)
  expect(text).toMatch(/^sp_[A-Za-z0-9]{12}_[A-Za-z0-9]{43}$/)
  const id = text.slice(3, 15)
  expect(storedIn(home).map((key) => [key.principal.id, key.revoked?.why])).toEqual(
    expect.arrayContaining([
      ['intake', `replaced by ${id}`],
      ['other', undefined],
      ['intake', undefined],
    ]),
  )
  expect(err).toEqual([])
  const wrong = await replaceKey(home, { ...fields, expires: '400d' }, io, tools).catch((error: unknown) =>
    String(error),
  )
  expect(wrong).toBe('Error: expires is more than 366 days from now')
})
