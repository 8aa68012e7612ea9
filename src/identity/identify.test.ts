import { expect, test } from 'bun:test'
import type { Authenticator } from '#access/authenticator.ts'
import type { Principal } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'
import { refusalOf } from './forge.fixture.ts'
import { identify } from './identify.ts'

const alice: Principal = {
  type: 'User',
  id: 'alice',
  groups: [],
  attributes: {},
  proof: { method: 'jwt', issuer: 'test', issuedAt: 1, expiresAt: 2 },
}
const knows: Authenticator = { identify: async () => alice }
const notMine: Authenticator = { identify: async () => undefined }
const refuses: Authenticator = {
  identify: async () => {
    throw new Refusal('unauthenticated', { message: 'expired' })
  },
}
const presented = { credential: 'x', source: '192.0.2.1' }

test('the first authenticator that knows the credential answers', async () => {
  expect(await identify([notMine, knows, refuses], presented)).toBe(alice)
})

test('a wrong proof ends the search and never falls through to another authenticator', async () => {
  expect(await refusalOf(() => identify([notMine, refuses, knows], presented))).toBe('unauthenticated: expired')
})

test('a credential that nobody knows is refused', async () => {
  expect(await refusalOf(() => identify([notMine], presented))).toBe(
    'unauthenticated: The credential is of no kind that is known here.',
  )
  expect(await refusalOf(() => identify([], presented))).toStartWith('unauthenticated: ')
})

test('a proof beside a credential that is bound to no key is refused, whoever knows it', async () => {
  expect(await refusalOf(() => identify([knows], { ...presented, scheme: 'DPoP', proof: 'a.b.c' }))).toBe(
    'unauthenticated: The credential is bound to no key; send it as "Authorization: Bearer …".',
  )
  const session = { id: 's', root: 's', kind: 'declared', tier: 3, trust: 'initial', bound: 'key' } as const
  const within: Authenticator = { identify: async () => ({ ...alice, session }) }
  expect((await identify([within], { ...presented, scheme: 'DPoP' })).session).toBe(session)
})

test('no credential is refused without asking anybody, and says how to send one', async () => {
  expect(await refusalOf(() => identify([knows], undefined))).toBe(
    'unauthenticated: No credential was sent. Send one as "Authorization: Bearer …" or "x-api-key: …".',
  )
})
