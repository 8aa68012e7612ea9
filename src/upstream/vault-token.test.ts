import { describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  KEY,
  asOwner,
  asked,
  byJwt,
  byToken,
  open,
  put,
  reasonOf,
  said,
  tokenOf,
  useWorld,
  world,
} from './vault.fixture.ts'

useWorld()

describe("the gate's token", () => {
  test('is renewed at two thirds of its life, also when nobody asks for a secret', async () => {
    await put({ token: 'sk-one' })
    const held = await byToken({ ttl: '3600s' })
    await held.read(KEY)
    expect(asked('lookup-self')).toBe(1)
    world.now += 2_399_000
    await held.tend()
    expect(asked('renew-self')).toBe(0)
    world.now += 1_000
    await held.tend()
    expect(asked('renew-self')).toBe(1)
    world.now += 3_599_000
    expect(await held.read(KEY)).toBe('sk-one')
  })

  test('that cannot be renewed is told of, and its end loses the secret', async () => {
    await put({ token: 'sk-one' })
    const held = await byToken({ ttl: '600s', renewable: false })
    await held.read(KEY)
    expect(world.log).toEqual(['vault: the token ends in 10 min and cannot be renewed'])
    world.now += 600_000
    expect(await reasonOf(held.read(KEY))).toBe('provider_unreachable')
    expect(said()).toEqual(['read sk-one', 'lost the vault refuses it to the gate (403)'])
  })

  test('of the file is read again when another was written', async () => {
    await put({ token: 'sk-one' })
    const path = join(world.home, 'replaced')
    const first = await tokenOf({})
    await writeFile(path, first)
    const held = open({ url: 'http://vault.test', auth: { by: 'token', path }, private: false })
    await held.read(KEY)
    await asOwner('POST', 'auth/token/revoke', { token: first })
    await writeFile(path, `${await tokenOf({})}\n`)
    world.now += 120_000
    expect(await held.read(KEY)).toBe('sk-one')
    expect(said()).toEqual(['read sk-one'])
  })

  test('of a login is got with the JWT, recorded, renewed, and got anew when its whole life ends', async () => {
    await put({ token: 'sk-one' })
    const held = await byJwt({ token_ttl: '600s', token_max_ttl: '900s' })
    expect(await held.read(KEY)).toBe('sk-one')
    expect(world.recorded.map(({ reference }) => reference).slice(1)).toEqual([
      'vault:auth/jwt/login',
      'vault:kv/billing#token',
    ])
    world.now += 400_000
    await held.tend()
    expect([asked('renew-self'), asked('login')]).toEqual([1, 1])
    world.now += 340_000
    await held.tend()
    expect([asked('renew-self'), asked('login')]).toEqual([2, 2])
    world.now += 200_000
    expect(await held.read(KEY)).toBe('sk-one')
  })

  test('of a login that was revoked is got anew, once, and the secret stays', async () => {
    await put({ token: 'sk-one' })
    const held = await byJwt({ token_ttl: '3600s' })
    await held.read(KEY)
    const token = world.vault.asked.at(-1)?.token
    await asOwner('POST', 'auth/token/revoke', { token })
    world.now += 120_000
    expect(await held.read(KEY)).toBe('sk-one')
    expect(asked('login')).toBe(2)
    expect(said()).toEqual(['read sk-one'])
  })

  test('of a login is not asked for again and again where it is the secret that may not be read', async () => {
    const held = await byJwt({ token_ttl: '3600s' })
    for (let turn = 0; turn < 9; turn++) {
      expect(await reasonOf(held.read({ ...KEY, path: 'kv/forbidden' }))).toBe('provider_unreachable')
      world.now += 1_000
    }
    expect(asked('login')).toBe(1)
  })

  test('that is refused to the gate is why there is no secret', async () => {
    await put({ token: 'sk-one' })
    const held = await byJwt({ bound_audiences: ['another'] })
    expect(await reasonOf(held.read(KEY))).toBe('provider_unreachable')
    expect(asked('kv/data')).toBe(0)
  })
})

test('no token is in any entry, line or refusal', async () => {
  await put({ token: 'sk-one' })
  const held = await byJwt({ token_ttl: '60s' })
  const failures: string[] = []
  await held.read(KEY)
  const token = world.vault.asked.at(-1)?.token ?? 'none'
  world.vault.instead = () => Response.json({ errors: [`bad token ${token}`] }, { status: 400 })
  world.now += 120_000
  await held.read(KEY).catch((error: unknown) => failures.push(Bun.inspect(error, { depth: 9 })))
  expect(failures).toHaveLength(1)
  const seen =
    failures.join() + world.log.join() + JSON.stringify(world.recorded.map(({ reference, why }) => [reference, why]))
  expect(seen).not.toContain(token)
  expect(held.held()).toContain(token)
})
