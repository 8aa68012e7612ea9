// The example of RFC 9449 section 7.1, word for word, and the example thumbprint of RFC 7638 section 3.1.
import { expect, test } from 'bun:test'
import { makeDpop } from './dpop.ts'
import { readProofKey } from './dpop-key.ts'
import { makeDpopNonces } from './dpop-nonce.ts'
import { athOf } from './session-token.fixture.ts'

const PROOF =
  'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19' +
  '.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9' +
  '.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA'
const TOKEN = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU'
const MADE = 1_562_262_618_000

const world = () => {
  const nonces = makeDpopNonces(new Uint8Array(32), () => MADE)
  const used = new Set<string>()
  const onlyOnce = { use: (key: string) => !used.has(key) && used.add(key) !== undefined }
  return makeDpop({ onlyOnce, nonces, clock: { now: () => MADE } })
}

const expected = {
  jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
  ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo',
  request: { method: 'GET', url: 'https://resource.example.org/protectedresource' },
  needsNonce: false,
  again: false,
}

test('the proof of the example holds for the request of the example', () => {
  expect(athOf(TOKEN)).toBe('fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo')
  expect(world().check(PROOF, expected)).toBeUndefined()
})

test('and for no other', () => {
  for (const differs of [
    { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4J' },
    { ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEp' },
    { request: { method: 'POST', url: 'https://resource.example.org/protectedresource' } },
    { request: { method: 'GET', url: 'https://resource.example.org/' } },
  ]) {
    expect(world().check(PROOF, { ...expected, ...differs })?.sign).toBe('session-proof-foreign')
  }
  expect(world().check(PROOF.replace('.2oW9', '.2oW8'), expected)?.message).toBe("The DPoP proof's signature is wrong.")
})

test('the thumbprint of the RSA example is the one that the standard prints', () => {
  const n =
    '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs' +
    'tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbI' +
    'SD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw'
  const jwk = { kty: 'RSA', n, e: 'AQAB' }
  expect(readProofKey('RS256', jwk)?.jkt).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs')
})
