// The same proof in two headers is one proof. Two different ones are refused, whichever of them is right: who chooses
// between them would otherwise be the caller.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Rig, startRig } from '../rig.ts'
import { HELLO_TEXT, JSON_TYPE } from './hello.ts'
import { expectRefused, providerCount } from './record.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.stop())

const ask = (bearer: string, key: string) =>
  fetch(`${rig.url}/v1/chat/completions`, {
    method: 'POST',
    body: HELLO_TEXT,
    headers: { ...JSON_TYPE, authorization: `Bearer ${bearer}`, 'x-api-key': key },
  })

test('the same token in both headers is one proof', async () => {
  const token = await rig.issuer.mint('alice')
  expect((await ask(token, token)).status).toBe(200)
})

test('two different ones are refused, whatever they are', async () => {
  const alice = await rig.issuer.mint('alice')
  const bob = await rig.issuer.mint('bob')
  const before = await providerCount(rig)
  for (const [bearer, key] of [
    [alice, bob],
    [bob, alice],
    [alice, 'garbage'],
    ['garbage', alice],
    [alice, `${alice}x`],
  ] as const) {
    const told = { status: 401, type: 'authentication_error', code: 'ambiguous_proof' }
    await expectRefused(rig, await ask(bearer, key), told)
  }
  expect(await providerCount(rig)).toBe(before)
})

test('a malformed one beside a right one is refused', async () => {
  const alice = await rig.issuer.mint('alice')
  const told = { status: 401, type: 'authentication_error', code: 'malformed_proof', param: 'x-api-key' }
  await expectRefused(rig, await ask(alice, 'a b'), told)
})
