// Proofs as the client library makes them, by every algorithm that it and the gate have in common.
import { expect, test } from 'bun:test'
import { calculateThumbprint, generateKeyPair, generateProof } from 'dpop'
import { makeDpop } from './dpop.ts'
import { makeDpopNonces } from './dpop-nonce.ts'
import { athOf, URL_OF_CALL } from './session-token.fixture.ts'

test.each(['ES256', 'Ed25519', 'RS256', 'PS256'] as const)(
  'a proof that the library signs with %s holds, once',
  async (alg) => {
    const nonces = makeDpopNonces(new Uint8Array(32), () => Date.now())
    const used = new Set<string>()
    const onlyOnce = { use: (key: string) => !used.has(key) && used.add(key) !== undefined }
    const dpop = makeDpop({ onlyOnce, nonces, clock: { now: () => Date.now() } })
    const pair = await generateKeyPair(alg)
    const proof = await generateProof(pair, URL_OF_CALL, 'POST', nonces.current(), 'the-token')
    const expected = {
      jkt: await calculateThumbprint(pair.publicKey),
      ath: athOf('the-token'),
      request: { method: 'POST', url: URL_OF_CALL },
      needsNonce: true,
      again: false,
    }
    expect(dpop.check(proof, expected)).toBeUndefined()
    expect(dpop.check(proof, expected)?.sign).toBe('session-proof-replayed')
  },
)
