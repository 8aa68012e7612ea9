import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { mkdtemp, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal } from '#access/refusal.ts'
import type { Entry, Trail } from '#access/trail.ts'
import type { VirtualKey } from '#access/virtual-key.ts'
import { revoke } from './key-changes.ts'
import { openKeyRegister } from './key-register.ts'
import { openVirtualKeys } from './virtual-keys.ts'

const KEY: VirtualKey = {
  id: '7HkQ2mVxw0Za',
  principal: { type: 'App', id: 'intake' },
  owner: 'ops@harbor.example',
  team: 'intake',
  environment: 'production',
  use: 'reads referral letters',
  models: ['clinic-small'],
  actions: ['infer'],
  networks: ['10.2.0.0/16'],
  users: [],
  created: Date.UTC(2026, 10, 21),
  notBefore: Date.UTC(2026, 10, 21),
  expires: Date.UTC(2026, 11, 21),
  secrets: [{ sha256: new Uint8Array(32).fill(0xab) }],
}

const freshPath = async (): Promise<string> => join(await mkdtemp(join(tmpdir(), 'register-')), 'control.db')

interface Remembering extends Trail {
  readonly entries: { readonly entry: Entry; readonly durable: string; readonly inForce: boolean }[]
}

/** Remembers each entry, and whether the key was in force already when it came; fails from the entry `fails` on. */
function trailOf(path: string, fails = Infinity): Remembering {
  const keys = openVirtualKeys(path)
  const entries: Remembering['entries'] = []
  return {
    entries,
    async append(entry, durable) {
      if (entries.length >= fails) throw new Refusal('audit_unavailable', { message: 'The disk is full.' })
      entries.push({ entry, durable, inForce: keys.find('7HkQ2mVxw0Za') !== undefined })
      return { log: 'owner', index: entries.length, id: '', hash: '' }
    },
  }
}

const add = (key: VirtualKey) => () => [{ key, why: 'a new key' }]

const refusalOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'it was not refused',
    (error: unknown) => (error instanceof Refusal ? `${error.reason}: ${error.detail.message}` : String(error)),
  )

test('a change is recorded, durable, before it is in force, and holds no hash', async () => {
  const path = await freshPath()
  const trail = trailOf(path)
  const register = openKeyRegister(path, { trail, by: 'kim' })
  await register.change(add(KEY))
  await register.change(([key]) => (key ? [{ key: revoke(key, KEY.created + 1000, 'leaked'), why: 'leaked' }] : []))
  register.close()
  const text =
    '{"actions":["infer"],"app":"intake","created":"2026-11-21T00:00:00Z","environment":"production",' +
    '"expires":"2026-12-21T00:00:00Z","id":"7HkQ2mVxw0Za","models":["clinic-small"],"networks":["10.2.0.0/16"],' +
    '"not_before":"2026-11-21T00:00:00Z","owner":"ops@harbor.example","secrets":[{}],"team":"intake",' +
    '"use":"reads referral letters","users":[]}'
  const same = { kind: 'change', what: 'key', subject: '7HkQ2mVxw0Za', by: 'kim' } as const
  expect(trail.entries).toEqual([
    { entry: { ...same, why: 'a new key', after: text }, durable: 'machine', inForce: false },
    {
      entry: {
        ...same,
        why: 'leaked',
        before: '{}',
        after: '{"revoked":{"at":"2026-11-21T00:00:01Z","why":"leaked"}}',
      },
      durable: 'machine',
      inForce: true,
    },
  ])
  expect(JSON.stringify(trail.entries)).not.toMatch(/abab|sha256/)
})

test('of a change only what differs is recorded, as it was and as it is', async () => {
  const path = await freshPath()
  const trail = trailOf(path)
  const register = openKeyRegister(path, { trail, by: 'kim' })
  await register.change(add({ ...KEY, unusedFor: 86_400_000 }))
  const rotated: VirtualKey = {
    ...KEY,
    rotated: KEY.created + 1000,
    secrets: [{ sha256: new Uint8Array(32) }, { sha256: new Uint8Array(32).fill(0xab), until: KEY.created + 2000 }],
  }
  await register.change(() => [{ key: rotated, why: 'a new secret' }])
  register.close()
  expect(trail.entries[1]?.entry).toMatchObject({
    before: '{"secrets":[{}],"unused_for":"1d"}',
    after: '{"rotated":"2026-11-21T00:00:01Z","secrets":[{},{"until":"2026-11-21T00:00:02Z"}]}',
  })
})

test('what cannot be recorded is not in force, and what was recorded of it is taken back where that can be', async () => {
  const path = await freshPath()
  const none = openKeyRegister(path, { trail: trailOf(path, 0), by: 'kim' })
  expect(await refusalOf(none.change(add(KEY)))).toBe('audit_unavailable: The disk is full.')
  none.close()
  const trail = trailOf(path)
  let turn = 0
  const flaky: Trail = {
    append: (entry, durable) =>
      ++turn === 2 ? Promise.reject(new Error('no space left')) : trail.append(entry, durable),
  }
  const register = openKeyRegister(path, { trail: flaky, by: 'kim' })
  const two = register.change(() => [
    { key: KEY, why: 'a new key' },
    { key: { ...KEY, id: 'otherOther01' }, why: 'a new key' },
  ])
  expect(await refusalOf(two)).toBe('Error: no space left')
  expect(trail.entries.map(({ entry }) => entry.kind === 'change' && [entry.subject, entry.why])).toEqual([
    ['7HkQ2mVxw0Za', 'a new key'],
    ['7HkQ2mVxw0Za', 'taken back: it could not be kept'],
  ])
  const keys = openVirtualKeys(path)
  expect(keys.all()).toEqual([])
  await register.change(add(KEY))
  expect(keys.all().map(({ id }) => id)).toEqual(['7HkQ2mVxw0Za'])
  keys.close()
  register.close()
})

test('many changes at once share the sync of the last, which comes before any of them is in force', async () => {
  const path = await freshPath()
  const trail = trailOf(path)
  const register = openKeyRegister(path, { trail, by: 'kim' })
  await register.change(() =>
    ['otherOther01', '7HkQ2mVxw0Za', 'otherOther02'].map((id) => ({ key: { ...KEY, id }, why: 'a new key' })),
  )
  register.close()
  expect(trail.entries.map(({ durable, inForce }) => [durable, inForce])).toEqual([
    ['process', false],
    ['process', false],
    ['machine', false],
  ])
})

test('a sync that fails keeps all of them out of force', async () => {
  const path = await freshPath()
  const register = openKeyRegister(path, {
    trail: {
      append: (_entry, durable) =>
        durable === 'machine'
          ? Promise.reject(new Refusal('audit_unavailable', { message: 'A sync failed.' }))
          : Promise.resolve({ log: 'owner', index: 0, id: '', hash: '' }),
    },
    by: 'kim',
  })
  const two = register.change(() => ['a', 'b'].map((id) => ({ key: { ...KEY, id: id.repeat(12) }, why: 'a new key' })))
  expect(await refusalOf(two)).toBe('audit_unavailable: A sync failed.')
  register.close()
  const keys = openVirtualKeys(path)
  expect(keys.all()).toEqual([])
  keys.close()
})

test('a plan that throws changes nothing and records nothing', async () => {
  const path = await freshPath()
  const trail = trailOf(path)
  const register = openKeyRegister(path, { trail, by: 'kim' })
  const wrong = register.change(() => {
    throw new Refusal('invalid_field', { message: 'There is no such key.' })
  })
  expect(await refusalOf(wrong)).toBe('invalid_field: There is no such key.')
  expect(trail.entries).toEqual([])
  await register.change(add(KEY))
  expect(trail.entries.length).toBe(1)
  register.close()
})

test('changes that are asked for at once are made one after the other, each from what the last one left', async () => {
  const path = await freshPath()
  const trail = trailOf(path)
  const register = openKeyRegister(path, { trail, by: 'kim' })
  const seen: number[] = []
  await Promise.all(
    ['a', 'b', 'c', 'd'].map((letter) =>
      register.change((keys) => {
        seen.push(keys.length)
        return [{ key: { ...KEY, id: letter.repeat(12) }, why: 'a new key' }]
      }),
    ),
  )
  expect(seen).toEqual([0, 1, 2, 3])
  register.close()
})

test('once the control plane has operators nothing is changed here, and nothing recorded', async () => {
  const path = await freshPath()
  const trail = trailOf(path)
  const register = openKeyRegister(path, { trail, by: 'kim' })
  const database = new Database(path)
  database.run("INSERT INTO operators VALUES ('kim')")
  database.close()
  expect(await refusalOf(register.change(add(KEY)))).toBe(
    'not_permitted: The control plane has operators, and keys are changed there: use its console or API. This tool still lists and shows them.',
  )
  expect(trail.entries).toEqual([])
  register.close()
})

test('the file and those beside it are for their owner alone, even where they were not before', async () => {
  const path = await freshPath()
  await writeFile(path, '', { mode: 0o644 })
  const register = openKeyRegister(path, { trail: trailOf(path), by: 'kim' })
  await register.change(add(KEY))
  for (const name of [path, `${path}-wal`, `${path}-shm`]) expect((await stat(name)).mode & 0o777).toBe(0o600)
  register.close()
})
