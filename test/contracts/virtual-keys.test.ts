// What every VirtualKeys, KeyUses and SignIns promises, on each of them.
import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Trail } from '#access/trail.ts'
import type { KeyUses, SignIn, SignIns, VirtualKey, VirtualKeys } from '#access/virtual-key.ts'
import { openKeyRegister } from '#store/key-register.ts'
import { openKeyUses } from '#store/key-uses.ts'
import { openSignIns } from '#store/sign-ins.ts'
import { openVirtualKeys } from '#store/virtual-keys.ts'
import { memoryKeyUses, memorySignIns, memoryVirtualKeys } from '../doubles/memory-virtual-keys.ts'

const APP: VirtualKey = {
  id: '7HkQ2mVxw0Za',
  principal: { type: 'App', id: 'intake' },
  owner: 'ops@harbor.example',
  team: 'intake',
  environment: 'production',
  use: 'reads referral letters',
  models: ['clinic-small', 'clinic-embed'],
  actions: ['infer', 'embed'],
  networks: ['10.2.0.0/16'],
  users: ['harbor'],
  created: 1_795_000_000_000,
  notBefore: 1_795_000_000_000,
  expires: 1_797_000_000_000,
  unusedFor: 2_592_000_000,
  rotated: 1_795_500_000_000,
  secrets: [{ sha256: new Uint8Array(32).fill(7) }, { sha256: new Uint8Array(32).fill(9), until: 1_795_600_000_000 }],
}

const PERSONAL: VirtualKey = {
  id: 'aliceAlice01',
  principal: { type: 'User', id: 'harbor/alice' },
  owner: 'alice@harbor.example',
  environment: 'personal',
  use: 'an editor on a ward computer',
  models: ['clinic-small'],
  actions: ['infer'],
  networks: ['10.2.0.7'],
  users: [],
  created: 1_795_000_000_000,
  notBefore: 1_795_000_000_000,
  expires: 1_795_600_000_000,
  secrets: [{ sha256: new Uint8Array(32).fill(1) }],
}

interface Kept {
  readonly keys: VirtualKeys
  readonly put: (key: VirtualKey) => Promise<void>
}

const opened: { close(): void }[] = []
afterAll(() => {
  for (const each of opened) each.close()
})

function remembered<T extends { close(): void }>(store: T): T {
  opened.push(store)
  return store
}

const freshFile = (name: string): string => join(mkdtempSync(join(tmpdir(), 'virtual-keys-')), name)

const trail: Trail = { append: () => Promise.resolve({ log: 'owner', index: 0, id: '', hash: '' }) }

const STORES: readonly (readonly [string, () => Kept])[] = [
  [
    'SQLite',
    () => {
      const path = freshFile('control.db')
      const register = remembered(openKeyRegister(path, { trail, by: 'somebody' }))
      const put = async (key: VirtualKey): Promise<void> => {
        await register.change(() => [{ key, why: 'a test' }])
      }
      return { keys: remembered(openVirtualKeys(path)), put }
    },
  ],
  [
    'memory',
    () => {
      const keys = memoryVirtualKeys()
      return { keys, put: async (key) => keys.put(key) }
    },
  ],
]

describe.each(STORES)('%s: virtual keys', (_, make) => {
  test('a key that nobody made is not found', () => {
    const { keys } = make()
    for (const id of ['7HkQ2mVxw0Za', '', 'x'.repeat(10_000), '\uD800', "' OR 1=1 --"])
      expect(keys.find(id)).toBeUndefined()
  })

  test('a key is found with all that was said of it, and its secrets in their order', async () => {
    const { keys, put } = make()
    await put(APP)
    await put(PERSONAL)
    expect(keys.find('7HkQ2mVxw0Za')).toStrictEqual({
      id: '7HkQ2mVxw0Za',
      principal: { type: 'App', id: 'intake' },
      owner: 'ops@harbor.example',
      team: 'intake',
      environment: 'production',
      use: 'reads referral letters',
      models: ['clinic-small', 'clinic-embed'],
      actions: ['infer', 'embed'],
      networks: ['10.2.0.0/16'],
      users: ['harbor'],
      created: 1_795_000_000_000,
      notBefore: 1_795_000_000_000,
      expires: 1_797_000_000_000,
      unusedFor: 2_592_000_000,
      rotated: 1_795_500_000_000,
      secrets: [
        { sha256: new Uint8Array(32).fill(7) },
        { sha256: new Uint8Array(32).fill(9), until: 1_795_600_000_000 },
      ],
    })
    expect(keys.find('aliceAlice01')?.principal).toEqual({ type: 'User', id: 'harbor/alice' })
    expect(Object.hasOwn(keys.find('aliceAlice01') ?? {}, 'team')).toBe(false)
  })

  test('ids are told apart to the letter', async () => {
    const { keys, put } = make()
    await put(APP)
    for (const id of ['7hkq2mvxw0za', '7HkQ2mVxw0Za ', '7HkQ2mVxw0Za\u0000', '7HkQ2mVxw0Z', '7HkQ2mVxw0ZA'])
      expect(keys.find(id)).toBeUndefined()
  })

  test('what was changed, or revoked, is so in the very next answer', async () => {
    const { keys, put } = make()
    await put(APP)
    expect(keys.find('7HkQ2mVxw0Za')?.revoked).toBeUndefined()
    await put({ ...APP, secrets: [{ sha256: new Uint8Array(32).fill(3) }] })
    expect(keys.find('7HkQ2mVxw0Za')?.secrets).toEqual([{ sha256: new Uint8Array(32).fill(3) }])
    await put({ ...APP, revoked: { at: 1_795_000_000_001, why: 'leaked' } })
    expect(keys.find('7HkQ2mVxw0Za')?.revoked).toEqual({ at: 1_795_000_000_001, why: 'leaked' })
  })

  test('who has a personal key is told by the person alone, and a revoked one is none', async () => {
    const { keys, put } = make()
    expect(keys.hasPersonal('harbor/alice')).toBe(false)
    await put({ ...APP, principal: { type: 'App', id: 'harbor/alice' } })
    expect(keys.hasPersonal('harbor/alice')).toBe(false)
    await put(PERSONAL)
    expect(keys.hasPersonal('harbor/alice')).toBe(true)
    for (const person of ['harbor/Alice', 'alice', 'harbor/alice ', '\uD800', ''])
      expect(keys.hasPersonal(person)).toBe(false)
    await put({ ...PERSONAL, id: 'aliceAlice02' })
    await put({ ...PERSONAL, revoked: { at: 1, why: 'lost' } })
    expect(keys.hasPersonal('harbor/alice')).toBe(true)
    await put({ ...PERSONAL, id: 'aliceAlice02', revoked: { at: 1, why: 'lost' } })
    expect(keys.hasPersonal('harbor/alice')).toBe(false)
  })
})

const USES: readonly (readonly [string, () => KeyUses])[] = [
  ['SQLite', () => remembered(openKeyUses(freshFile('runtime.db')))],
  ['memory', memoryKeyUses],
]

describe.each(USES)('%s: last uses', (_, make) => {
  test('a key that was never used has no last use', () => {
    expect(make().last('7HkQ2mVxw0Za')).toBeUndefined()
  })

  test('the last use is remembered to the minute, each key’s own', () => {
    const uses = make()
    uses.note('one', { at: 1_000_000, source: '10.2.0.7' })
    uses.note('other', { at: 1_030_000, source: '10.2.0.8' })
    uses.note('one', { at: 1_059_999, source: '10.2.0.9' })
    expect(uses.last('one')).toStrictEqual({ at: 1_000_000, source: '10.2.0.7' })
    uses.note('one', { at: 1_060_000, source: '10.2.0.10' })
    expect(uses.last('one')).toStrictEqual({ at: 1_060_000, source: '10.2.0.10' })
    expect(uses.last('other')).toStrictEqual({ at: 1_030_000, source: '10.2.0.8' })
  })

  test('a clock that steps back makes no use earlier', () => {
    const uses = make()
    uses.note('one', { at: 1_000_000, source: '10.2.0.7' })
    uses.note('one', { at: 700_000, source: '10.2.0.8' })
    expect(uses.last('one')).toStrictEqual({ at: 1_000_000, source: '10.2.0.7' })
  })

  test('a use that lies more than five minutes in the future gives way', () => {
    const uses = make()
    uses.note('one', { at: 1_300_000, source: '10.2.0.7' })
    uses.note('one', { at: 1_000_000, source: '10.2.0.8' })
    expect(uses.last('one')?.at).toBe(1_300_000)
    uses.note('one', { at: 900_000, source: '10.2.0.9' })
    expect(uses.last('one')).toStrictEqual({ at: 900_000, source: '10.2.0.9' })
  })
})

const SIGNED: SignIn = {
  at: 1_000_000,
  issuer: 'harbor',
  groups: ['clinicians', 'auditors'],
  attributes: { ward: 'north', intern: false, level: 9_007_199_254_740_993n, sites: ['a', 'b'] },
  rules: 'f00d',
}

const SIGN_INS: readonly (readonly [string, () => SignIns])[] = [
  ['SQLite', () => remembered(openSignIns(freshFile('runtime.db')))],
  ['memory', memorySignIns],
]

describe.each(SIGN_INS)('%s: sign-ins', (_, make) => {
  test('a person who never signed in has no sign-in', () => {
    expect(make().last('harbor/alice')).toBeUndefined()
  })

  test('the last sign-in is remembered, each person’s own, with all that the token said', () => {
    const signIns = make()
    signIns.note('harbor/alice', SIGNED, 1_000_000)
    signIns.note('harbor/bob', { ...SIGNED, groups: [], attributes: {} }, 1_000_000)
    expect(signIns.last('harbor/alice')).toEqual({
      at: 1_000_000,
      issuer: 'harbor',
      groups: ['clinicians', 'auditors'],
      attributes: { ward: 'north', intern: false, level: 9_007_199_254_740_993n, sites: ['a', 'b'] },
      rules: 'f00d',
    })
    expect(signIns.last('harbor/bob')).toEqual({
      at: 1_000_000,
      issuer: 'harbor',
      groups: [],
      attributes: {},
      rules: 'f00d',
    })
  })

  test('whatever differs counts at once: who has left a team acts in it no longer', () => {
    for (const differs of [
      { at: 1_000_001 },
      { groups: ['clinicians'] },
      { issuer: 'other' },
      { attributes: { ...SIGNED.attributes, level: 9_007_199_254_740_992n } },
      { rules: 'beef' },
    ]) {
      const signIns = make()
      signIns.note('harbor/alice', SIGNED, 1_000_000)
      signIns.note('harbor/alice', { ...SIGNED, ...differs }, 1_000_000)
      expect(signIns.last('harbor/alice')).toEqual({ ...SIGNED, ...differs })
    }
  })

  test('a token that was issued earlier than the one that is kept changes nothing', () => {
    const signIns = make()
    signIns.note('harbor/alice', SIGNED, 1_000_000)
    signIns.note('harbor/alice', { ...SIGNED, at: 999_999, groups: ['directors'], rules: 'beef' }, 90_000_000)
    expect(signIns.last('harbor/alice')).toEqual(SIGNED)
  })

  test('what lies more than five minutes in the future gives way', () => {
    const signIns = make()
    signIns.note('harbor/alice', { ...SIGNED, at: 1_300_000 }, 1_000_000)
    signIns.note('harbor/alice', SIGNED, 1_000_000)
    expect(signIns.last('harbor/alice')?.at).toBe(1_300_000)
    signIns.note('harbor/alice', SIGNED, 999_999)
    expect(signIns.last('harbor/alice')?.at).toBe(1_000_000)
  })
})

test('of two workers, neither overlooks what the other has noted since', () => {
  const path = freshFile('runtime.db')
  const [one, other] = [remembered(openSignIns(path)), remembered(openSignIns(path))]
  const next: SignIn = { ...SIGNED, rules: 'beef' }
  one.note('harbor/alice', SIGNED, 1_000_000)
  other.note('harbor/alice', next, 1_000_000)
  one.note('harbor/alice', SIGNED, 1_000_000)
  expect(other.last('harbor/alice')).toEqual(SIGNED)
  other.note('harbor/alice', { ...next, at: 1_000_001 }, 1_000_000)
  one.note('harbor/alice', SIGNED, 1_000_000)
  expect(one.last('harbor/alice')?.rules).toBe('beef')
})
