import { describe, expect, test } from 'bun:test'
import { KEY, asOwner, behind, byToken, put, reasonOf, said, until, useWorld, world } from './vault.fixture.ts'

useWorld()

describe('a vault that does not answer', () => {
  const AWAY: readonly (readonly [string, () => void, string])[] = [
    ['sealed', () => void asOwner('POST', 'sys/seal'), 'it is sealed, or not ready (503)'],
    [
      'down',
      () => {
        world.down = true
      },
      'it cannot be reached (ConnectionRefused)',
    ],
    ['overrun', () => instead(new Response('{}', { status: 429 })), 'it answered 429'],
    ['broken', () => instead(new Response('secret-words', { status: 500 })), 'it answered 500'],
    ['no vault', () => instead(new Response('<html>secret-words')), 'its answer is not JSON'],
    ['too much', () => instead(new Response('x'.repeat(65 * 1024))), 'its answer is too large, too slow or cut off'],
    ['ambiguous', () => instead(new Response('{"data":{"data":{"token":"a","token":"b"}}}')), 'its answer is not JSON'],
    [
      'a standby',
      () => instead(new Response(null, { status: 307, headers: { location: 'http://elsewhere.test/' } })),
      'it redirects, which is not followed: name the address of the active node',
    ],
  ]
  const instead = (response: Response): void => {
    world.vault.instead = () => new Response(response.clone().body, response)
  }

  test.each(AWAY)('%s: what is held is used for ten minutes, told once, and then lost', async (_, breakIt, why) => {
    await put({ token: 'sk-one' })
    const held = await byToken()
    await held.read(KEY)
    breakIt()
    for (let minute = 1; minute <= 9; minute++) {
      world.now += 60_000
      expect([minute, await held.read(KEY)]).toEqual([minute, 'sk-one'])
      await behind()
    }
    world.now += 59_999
    expect(await held.read(KEY)).toBe('sk-one')
    await behind()
    world.now += 1
    expect(await reasonOf(held.read(KEY))).toBe('provider_unreachable')
    expect(await reasonOf(held.read(KEY))).toBe('provider_unreachable')
    expect(world.log).toEqual([
      `vault:kv/billing#token cannot be read again (${why}); the one held is used for 9 min at most`,
    ])
    expect(said()).toEqual(['read sk-one', `lost ${why}`])
    expect(JSON.stringify([world.log, world.recorded])).not.toContain('secret-words')
  })

  test('refuses what was never read, and serves it once it answers', async () => {
    await put({ token: 'sk-one' })
    const held = await byToken()
    world.down = true
    expect(await reasonOf(held.read(KEY))).toBe('provider_unreachable')
    world.down = false
    world.now += 1_000
    expect(await held.read(KEY)).toBe('sk-one')
  })

  test('delays nobody who holds a secret', async () => {
    await put({ token: 'sk-one' })
    const held = await byToken()
    await held.read(KEY)
    world.now += 60_000
    world.vault.instead = () => new Promise<Response>(() => undefined)
    for (let turn = 0; turn < 100; turn++) expect(await held.read(KEY)).toBe('sk-one')
  })

  test('is told of when it answers again', async () => {
    await put({ token: 'sk-one' })
    const held = await byToken()
    await held.read(KEY)
    world.down = true
    world.now += 60_000
    await held.read(KEY)
    await until(() => world.log.length, 1)
    world.down = false
    world.now += 1_000
    await held.read(KEY)
    await until(() => world.log.length, 2)
    expect(world.log.at(-1)).toBe('vault:kv/billing#token can be read again')
    expect(said()).toEqual(['read sk-one'])
  })
})
