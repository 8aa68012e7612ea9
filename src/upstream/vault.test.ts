import { describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { VaultSettings } from '#access/provider.ts'
import { credentials } from './credential.ts'
import {
  KEY,
  asOwner,
  asked,
  behind,
  byToken,
  put,
  reasonOf,
  said,
  tokenOf,
  until,
  useWorld,
  world,
} from './vault.fixture.ts'

useWorld()

describe('a secret of KV v2', () => {
  test('is read with the token of a file, in the namespace, and each of the two readings is recorded', async () => {
    await put({ token: 'sk-one', other: 7 })
    const held = await byToken({}, { namespace: 'team/a' })
    expect(await held.read(KEY)).toBe('sk-one')
    expect(
      world.recorded.map(({ what, reference }) => [what, reference.replace(world.home, '').replace(/-.*/, '')]),
    ).toEqual([
      ['read', 'file:/token'],
      ['read', 'vault:kv/billing#token'],
    ])
    const { method, path, namespace } = world.vault.asked.at(-1) ?? {}
    expect([method, path, namespace]).toEqual(['GET', 'kv/data/billing', 'team/a'])
    // The gate's own token is what inspection must not let pass, either.
    expect(held.held()).toHaveLength(2)
  })

  test('is used without asking for a minute, and then looked at behind whoever uses it', async () => {
    await put({ token: 'sk-one' })
    const held = await byToken()
    await held.read(KEY)
    await put({ token: 'sk-two' })
    world.now += 59_999
    expect(await held.read(KEY)).toBe('sk-one')
    expect(asked('kv/data')).toBe(1)
    world.now += 1
    expect(await held.read(KEY)).toBe('sk-one')
    await until(() => said().length, 2)
    expect(await held.read(KEY)).toBe('sk-two')
    expect(said()).toEqual(['read sk-one', 'read sk-two'])
  })

  test('that was not used for long is waited for', async () => {
    await put({ token: 'sk-one' })
    const held = await byToken()
    await held.read(KEY)
    await put({ token: 'sk-two' })
    world.now += 120_000
    expect(await held.read(KEY)).toBe('sk-two')
  })

  test('that did not change is looked at, and not recorded again', async () => {
    await put({ token: 'sk-one' })
    const held = await byToken()
    for (let turn = 1; turn <= 5; turn++) {
      await held.read(KEY)
      await until(() => asked('kv/data'), turn)
      world.now += 60_000
    }
    expect(asked('kv/data')).toBe(5)
    expect(said()).toEqual(['read sk-one'])
  })

  test('that was refused is read at once, by all who were refused together', async () => {
    await put({ token: 'sk-one' })
    const held = await byToken()
    await held.read(KEY)
    await put({ token: 'sk-two' })
    world.now += 1_000
    const all = await Promise.all(Array.from({ length: 100 }, () => held.refresh(KEY)))
    expect(new Set(all)).toEqual(new Set(['sk-two']))
    expect(await held.refresh(KEY)).toBe('sk-two')
    expect(asked('kv/data')).toBe(2)
    expect(said()).toEqual(['read sk-one', 'read sk-two'])
  })

  const GONE: readonly (readonly [string, () => Promise<unknown>, string])[] = [
    ['deleted', () => asOwner('DELETE', 'kv/data/billing'), 'deleted in the vault'],
    ['without its key', () => put({ elsewhere: 'x' }), 'the vault has no text under this key'],
    ['a number', () => put({ token: 7 }), 'the vault has no text under this key'],
    ['two lines', () => put({ token: 'a\nb' }), 'holds no text that a header can carry'],
  ]
  test.each(GONE)('%s is lost at once, though another was held', async (_, change, why) => {
    await put({ token: 'sk-one' })
    const held = await byToken()
    await held.read(KEY)
    await change()
    world.now += 120_000
    expect(await reasonOf(held.read(KEY))).toBe('provider_unreachable')
    expect(await reasonOf(held.read(KEY))).toBe('provider_unreachable')
    expect(said()).toEqual(['read sk-one', `lost ${why}`])
    await put({ token: 'sk-two' })
    world.now += 1_000
    expect(await held.read(KEY)).toBe('sk-two')
  })

  test('that was never there, or may not be read, is not asked for more than once a second', async () => {
    const held = await byToken()
    for (const path of ['kv/none', 'kv/forbidden']) {
      for (let turn = 0; turn < 20; turn++) {
        expect(await reasonOf(held.read({ ...KEY, path }))).toBe('provider_unreachable')
      }
    }
    expect(asked('kv/data/none')).toBe(1)
    expect(asked('kv/data/forbidden')).toBe(1)
    expect(said()).toEqual([])
  })
})

describe('a secret with a lease', () => {
  const leased = (lease: object): Promise<unknown> => put({ token: 'sk-one', $lease: lease })

  test('is not read each minute, and its lease is renewed at two thirds', async () => {
    await leased({ ttl: 600 })
    const held = await byToken()
    await held.read(KEY)
    world.now += 399_000
    expect(await held.read(KEY)).toBe('sk-one')
    expect(asked('leases/renew')).toBe(0)
    world.now += 1_000
    expect(await held.read(KEY)).toBe('sk-one')
    await until(() => asked('leases/renew'), 1)
    world.now += 300_000
    expect(await held.read(KEY)).toBe('sk-one')
    expect(asked('kv/data')).toBe(1)
    expect(said()).toEqual(['read sk-one'])
  })

  test('that cannot be renewed is read anew before it ends', async () => {
    await leased({ ttl: 600, renewable: false })
    const held = await byToken()
    await held.read(KEY)
    await leased({ ttl: 600 })
    await put({ token: 'sk-two', $lease: { ttl: 600 } })
    world.now += 400_000
    await held.tend()
    expect(await held.read(KEY)).toBe('sk-two')
    expect(said()).toEqual(['read sk-one', 'read sk-two'])
  })

  test('whose renewals become short, as its utmost nears, is read anew', async () => {
    await leased({ ttl: 600, max_ttl: 700 })
    const held = await byToken()
    await held.read(KEY)
    world.now += 500_000
    await put({ token: 'sk-two', $lease: { ttl: 600 } })
    await held.tend()
    expect(asked('leases/renew')).toBe(1)
    expect(await held.read(KEY)).toBe('sk-two')
    expect(asked('kv/data')).toBe(2)
  })

  test('is not used beyond its lease, whatever the vault does', async () => {
    await leased({ ttl: 300 })
    const held = await byToken()
    await held.read(KEY)
    world.down = true
    world.now += 299_999
    expect(await held.read(KEY)).toBe('sk-one')
    await behind()
    world.now += 1
    expect(await reasonOf(held.read(KEY))).toBe('provider_unreachable')
    expect(said()).toEqual(['read sk-one', 'lost it cannot be reached (ConnectionRefused)'])
  })
})

test('of another vault, or another way into one, nothing that was held counts', async () => {
  await put({ token: 'sk-one' })
  const path = join(world.home, 'moving')
  await writeFile(path, await tokenOf({}))
  const settings = { url: 'http://vault.test', auth: { by: 'token', path }, private: false } as const
  let current: VaultSettings | undefined = settings
  const held = credentials({
    env: () => undefined,
    now: () => world.now,
    async record(entry) {
      world.recorded.push(entry)
    },
    fingerprint: () => '',
    vault: () => current && { settings: current, dial: async (url, init) => world.vault.fetch(new Request(url, init)) },
  })
  await held.read(KEY)
  current = { ...settings }
  await held.read(KEY)
  expect(asked('kv/data')).toBe(1)
  current = { ...settings, namespace: 'team' }
  await held.read(KEY)
  expect(asked('kv/data')).toBe(2)
  current = undefined
  expect(await reasonOf(held.read(KEY))).toBe('provider_unreachable')
})

describe('of several vaults', () => {
  /** Each holds a secret of its own; `asked` names the hosts, in order. */
  async function several() {
    const path = join(world.home, `several-${crypto.randomUUID()}`)
    await writeFile(path, 'a-token')
    const asked: string[] = []
    const clock = { now: 0 }
    const settings = (url: string): VaultSettings => ({ url, auth: { by: 'token', path }, private: false })
    const held = credentials({
      env: () => undefined,
      now: () => clock.now,
      record: async () => undefined,
      fingerprint: () => '',
      vault: (at) =>
        at && {
          settings: at,
          async dial(url) {
            const { host } = new URL(url)
            asked.push(host)
            if (url.endsWith('/lookup-self')) return Response.json({ data: { ttl: 60, renewable: true } })
            return Response.json({ data: { data: { token: `secret-of-${host}` }, metadata: { version: 1 } } })
          },
        },
    })
    const read = (url: string): Promise<string> =>
      held.read({ from: 'vault', path: 'kv/billing', key: 'token', at: settings(url) })
    return { held, read, clock, settings, of: (host: string) => asked.filter((each) => each === host).length }
  }

  test('a bundle that is being taken up asks its own, and the one in force goes on with its own', async () => {
    const { read, of } = await several()
    expect(await read('https://old.test')).toBe('secret-of-old.test')
    expect(await read('https://new.test')).toBe('secret-of-new.test')
    expect(await read('https://old.test')).toBe('secret-of-old.test')
    expect(of('old.test')).toBe(of('new.test'))
  })

  test('one that no bundle in force names is asked for nothing more, and forgotten', async () => {
    const { held, read, clock, settings, of } = await several()
    await read('https://old.test')
    clock.now = 10_000
    await read('https://new.test')
    const before = of('old.test')
    for (; clock.now < 7_200_000; clock.now += 30_000) await held.tend(settings('https://new.test'))
    expect(of('old.test')).toBe(before)
    expect(of('new.test')).toBeGreaterThan(2)
  })

  test('those of bundles that never came into force do not push out the one of the bundle that is', async () => {
    const { read, of } = await several()
    await read('https://in-force.test')
    const before = of('in-force.test')
    for (const url of ['https://one.test', 'https://two.test', 'https://three.test']) {
      await read(url)
      await read('https://in-force.test')
    }
    expect(of('in-force.test')).toBe(before)
  })
})
