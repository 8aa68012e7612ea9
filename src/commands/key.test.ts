import { expect, test } from 'bun:test'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { openKeyUses } from '#store/key-uses.ts'
import { openVirtualKeys } from '#store/virtual-keys.ts'
import { createKey } from './key-create.ts'
import { listKeys, showKey } from './key-list.ts'
import { revokeKeys } from './key-revoke.ts'
import { rotateKey } from './key-rotate.ts'
import { anOwner, INTAKE, NOON, type Owner } from './key.fixture.ts'

const DAY = 86_400_000

async function withKey(): Promise<Owner & { readonly id: string; readonly text: string }> {
  const owner = await anOwner()
  const { out } = await owner.run(createKey, INTAKE)
  const text = out[0] ?? ''
  return { ...owner, text, id: text.slice(3, 15) }
}

function stored(home: string, id: string) {
  const keys = openVirtualKeys(join(home, 'control.db'))
  const key = keys.find(id)
  keys.close()
  return key
}

test('a rotated key keeps its id, and the old secret goes on for the overlap', async () => {
  const { run, home, id, text } = await withKey()
  const old = stored(home, id)?.secrets[0]?.sha256
  const { code, out, err } = await run(rotateKey, `${id} --overlap 1h`, { at: NOON + DAY })
  expect(code).toBe(0)
  expect(out.length).toBe(1)
  expect(out[0]).toStartWith(`sp_${id}_`)
  expect(out[0]).not.toBe(text)
  expect(err).toEqual([
    `✓ key ${id} has a new secret; the old one ends 2026-11-22 13:00 UTC`,
    '  Shown this once, and kept nowhere. The key itself ends 2026-12-21 12:00 UTC.',
  ])
  expect(stored(home, id)?.secrets.slice(1)).toEqual([
    { sha256: old ?? new Uint8Array(), until: NOON + DAY + 3_600_000 },
  ])
  expect(stored(home, id)?.rotated).toBe(NOON + DAY)
})

test('with no overlap the old secret ends at once', async () => {
  const { run, home, id } = await withKey()
  const { err } = await run(rotateKey, `${id} --overlap 0s`)
  expect(err[0]).toBe(`✓ key ${id} has a new secret; the old one ended with this`)
  expect(stored(home, id)?.secrets[1]?.until).toBe(NOON)
})

test('an abandoned secret does not come back with the rotation of a suspended key, unless that is asked for', async () => {
  const { run, home } = await anOwner()
  const id = (await run(createKey, `${INTAKE} --unused-for 2d`)).out[0]?.slice(3, 15) ?? ''
  const { err } = await run(rotateKey, id, { at: NOON + 3 * DAY })
  expect(err[0]).toBe(`✓ key ${id} has a new secret; it was suspended, so the old one ended with this`)
  expect(stored(home, id)?.secrets[1]?.until).toBe(NOON + 3 * DAY)
  const asked = await run(rotateKey, `${id} --overlap 1h`, { at: NOON + 6 * DAY })
  expect(asked.err[0]).toBe(`✓ key ${id} has a new secret; the old one ends 2026-11-27 13:00 UTC`)
  // In use, it is not suspended.
  const uses = openKeyUses(join(home, 'runtime.db'))
  uses.note(id, { at: NOON + 8 * DAY, source: '10.2.0.7' })
  uses.close()
  const used = await run(rotateKey, id, { at: NOON + 9 * DAY })
  expect(used.err[0]).toBe(`✓ key ${id} has a new secret; the old one ends 2026-12-01 12:00 UTC`)
})

test('what cannot be rotated is said, and exits with 1 or 2 and nothing shown', async () => {
  const { run, id } = await withKey()
  const failure = (line: string): Promise<string> =>
    run(rotateKey, line).then(
      ({ out }) => out.join(),
      (error: unknown) => String(error),
    )
  expect(await failure(`${id} --overlap 31d`)).toStartWith('UsageError: --overlap takes a duration from 0s to 30d')
  expect(await failure(`sp_${id}_x`)).toStartWith('UsageError: key rotate takes the id of one key')
  expect(await failure('otherOther01')).toStartWith('Error: there is no key otherOther01')
  await run(revokeKeys, `${id} --why leaked`)
  expect(await failure(id)).toStartWith(`Refusal: The key ${id} is revoked: make a new one`)
})

test('a revocation holds in the next look of whoever has the keys open', async () => {
  const { run, home, id } = await withKey()
  const keys = openVirtualKeys(join(home, 'control.db'))
  expect(keys.find(id)?.revoked).toBeUndefined()
  expect(await run(revokeKeys, `${id} --why leaked`)).toEqual({
    code: 0,
    out: [`✓ revoked ${id}  App intake`],
    err: [],
  })
  expect(keys.find(id)?.revoked).toEqual({ at: NOON, why: 'leaked' })
  keys.close()
  const again = await run(revokeKeys, `${id} --why other`)
  expect(again).toEqual({ code: 0, out: [], err: ['sallyport: revoked already; nothing was changed'] })
  expect(stored(home, id)?.revoked?.why).toBe('leaked')
})

test('all keys of an application are revoked at once, with and without Cedar’s quotes', async () => {
  const { run, home, id } = await withKey()
  await run(createKey, INTAKE)
  const other = (await run(createKey, INTAKE.replace('--app intake', '--app other'))).out[0]?.slice(3, 15) ?? ''
  const { out } = await run(revokeKeys, '--of App::"intake" --why closed')
  expect(out.length).toBe(2)
  expect(stored(home, id)?.revoked?.why).toBe('closed')
  expect(stored(home, other)?.revoked).toBeUndefined()
  expect((await run(revokeKeys, '--of App::other --why closed')).out.length).toBe(1)
  expect(await run(revokeKeys, '--of User::other --why closed')).toEqual({
    code: 1,
    out: [],
    err: ['sallyport: there is no such key; sallyport key list shows them'],
  })
})

test.each([
  '7HkQ2mVxw0Za',
  '--why x',
  '7HkQ2mVxw0Za otherOther01 --why x',
  '--of intake --why x',
  '7HkQ2mVxw0Za --of App::a --why x',
])('wrong use of revoke: %s', async (line) => {
  const { run } = await anOwner()
  expect(await run(revokeKeys, line).catch((error: unknown) => String(error))).toStartWith('UsageError: ')
})

test.each(['x\u3164', '\u2800', 'a\u200Bb'])('a reason that is not seen whole is none: %j', async (why) => {
  const { run, id } = await withKey()
  for (const verb of [revokeKeys, rotateKey]) {
    const said = await run(verb, `${id} --why ${why}`).catch((error: unknown) => String(error))
    expect(said).toStartWith('UsageError: --why takes one line of plain text')
  }
})

test('no state directory is made by what only looks or changes', async () => {
  const { run, home } = await anOwner()
  expect((await run(listKeys, '')).err[0]).toContain('has no keys; sallyport key create makes one')
  expect((await run(showKey, '7HkQ2mVxw0Za')).code).toBe(1)
  for (const verb of [rotateKey, revokeKeys]) {
    const said = await run(verb, '7HkQ2mVxw0Za --why x').catch((error: unknown) => String(error))
    expect(said).toContain('has no keys')
  }
  expect(await stat(home).catch(() => 'missing')).toBe('missing')
})

test('the list stands in columns, with what has become of each key', async () => {
  const { run, home, id } = await withKey()
  const later =
    (await run(createKey, `${INTAKE.replace('--app intake', '--app night-shift')} --not-before 2d`, { at: NOON + 1 }))
      .out[0] ?? ''
  const person =
    (
      await run(createKey, '--person harbor/alice --use editor --models a --network 10.2.0.7 --expires 1d', {
        at: NOON + 2,
      })
    ).out[0] ?? ''
  const uses = openKeyUses(join(home, 'runtime.db'))
  uses.note(id, { at: NOON + 60_000, source: '10.2.0.7' })
  uses.close()
  await run(revokeKeys, `${person.slice(3, 15)} --why left`)
  const { out } = await run(listKeys, '', { at: NOON + 3 })
  expect(out).toEqual([
    'id            for                    team    environment  state      last used',
    `${id}  intake                 intake  production   ✓ active   2026-11-21 12:01 UTC`,
    `${later.slice(3, 15)}  night-shift            intake  production   · not yet  never`,
    `${person.slice(3, 15)}  harbor/alice (person)  -       personal     ✗ revoked  never`,
  ])
  const records = (await run(listKeys, '--json')).out.map((line): unknown => JSON.parse(line))
  expect(records[0]).toMatchObject({ id, app: 'intake', state: 'active', last_used: { source: '10.2.0.7' } })
  expect(records.length).toBe(3)
})

test('a key is shown with everything but its hashes', async () => {
  const { run, home, id } = await withKey()
  await run(rotateKey, id)
  const { out } = await run(showKey, id)
  expect(out).toEqual([
    `key        ${id}`,
    'state      ✓ active',
    'for        App intake, team intake, environment production',
    'owner      ops@harbor.example',
    'use        letters',
    'may        at most: infer on clinic-small',
    'from       10.2.0.0/16',
    'with       its network alone: models of tier 1 only',
    'life       2026-11-21 12:00 UTC to 2026-12-21 12:00 UTC, made 2026-11-21 12:00 UTC',
    'rotated    2026-11-21 12:00 UTC; the secret before it ends 2026-11-22 12:00 UTC',
    'last used  never',
  ])
  const json = (await run(showKey, `${id} --json`)).out.join('')
  const hash = Buffer.from(stored(home, id)?.secrets[0]?.sha256 ?? []).toString('hex')
  expect(hash.length).toBe(64)
  expect(json).not.toContain(hash)
  expect(JSON.parse(json)).toMatchObject({ secrets: [{}, { until: '2026-11-22T12:00:00Z' }] })
})
