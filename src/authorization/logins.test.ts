import { expect, test } from 'bun:test'
import type { Principal } from '#access/principal.ts'
import { makeLogins } from './logins.ts'
import type { OAuthRecord, OAuthRecordsOf } from './records.ts'

const alice: Principal = {
  type: 'User',
  id: 'alice',
  groups: ['clinicians'],
  attributes: { level: 7n },
  proof: { method: 'jwt', issuer: 'harbor', issuedAt: 1, expiresAt: 2 },
}

function memory() {
  const kept = new Map<string, OAuthRecord>()
  const of = {
    upsert: async (id: string, record: OAuthRecord) => void kept.set(id, structuredClone(record)),
    find: async (id: string) => kept.get(id),
  } as unknown as OAuthRecordsOf
  return { of: () => of }
}

const random = (bytes: number): Uint8Array => new Uint8Array(bytes)

test('who was proven is found as they were, under the rules by which they were', async () => {
  const records = memory()
  const logins = makeLogins({ records, random, rules: 'these' })
  const handle = await logins.keep(alice)
  expect(await logins.find(handle)).toMatchObject({ type: 'User', id: 'alice', attributes: { level: 7n } })
  const others = makeLogins({ records, random, rules: 'others' })
  expect(await others.find(handle)).toBeUndefined()
})
