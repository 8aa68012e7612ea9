// Two tokens that begin alike are two tokens. A cache of proofs, or of decisions, that looked at a prefix would let one
// caller be served as the other.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { exchangeOf, type Rig, says, startRig } from '../rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.stop())

const LARGE = JSON.stringify({ model: 'clinic-large', messages: says('hello') })

test('tokens that share their first 40 characters and more are told apart, one after the other and all at once', async () => {
  const tokens = { alice: await rig.issuer.mint('alice'), bob: await rig.issuer.mint('bob') }
  expect(tokens.alice.slice(0, 100)).toBe(tokens.bob.slice(0, 100))
  expect(tokens.alice).not.toBe(tokens.bob)
  const ask = (who: 'alice' | 'bob', header: 'authorization' | 'x-api-key' = 'authorization') =>
    fetch(`${rig.url}/v1/chat/completions`, {
      method: 'POST',
      body: LARGE,
      headers: {
        'content-type': 'application/json',
        [header]: header === 'authorization' ? `Bearer ${tokens[who]}` : tokens[who],
      },
    })
  const turns = ['alice', 'bob', 'bob', 'alice', 'alice', 'bob', 'alice', 'bob'] as const
  const asked: (readonly [(typeof turns)[number], Response])[] = []
  for (const who of turns) asked.push([who, await ask(who)])
  asked.push(
    ...(await Promise.all(
      Array.from({ length: 40 }, async (_, turn) => {
        const who = turn % 2 === 0 ? 'alice' : 'bob'
        return [who, await ask(who, turn % 3 === 0 ? 'x-api-key' : 'authorization')] as const
      }),
    )),
  )
  expect(asked).toHaveLength(48)
  for (const [who, response] of asked) {
    expect([who, response.status]).toEqual([who, who === 'alice' ? 200 : 403])
    await response.arrayBuffer()
    const { decision } = await rig.settled(exchangeOf(response))
    expect(decision).toMatchObject({ principal: { id: who }, decision: who === 'alice' ? 'allow' : 'deny' })
  }
  const seen = (await (await fetch(`${rig.provider}/count`)).json()) as number
  expect(seen).toBe(24)
})
