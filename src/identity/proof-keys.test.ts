import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { expect, test } from 'bun:test'
import { readProof } from './dpop-proof.ts'
import { proofKeys, type ProofKeys } from './proof-keys.ts'

interface Pair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

const segment = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const headOf = ({ publicKey }: Pair, more: object = {}): string => {
  const { crv, kty, x } = publicKey.export({ format: 'jwk' })
  return segment({ typ: 'dpop+jwt', alg: 'EdDSA', jwk: { crv, kty, x }, ...more })
}

function proofOf(pair: Pair, head: string, signedBy = pair): string {
  const text = `${head}.${segment({ htm: 'GET', htu: 'https://gate.example/', iat: 1, jti: 'j' })}`
  return `${text}.${sign(null, Buffer.from(text), signedBy.privateKey).toString('base64url')}`
}

const pairs = Array.from({ length: 3 }, () => generateKeyPairSync('ed25519'))
const [one, two, three] = pairs as [Pair, Pair, Pair]

const shows = (keys: ProofKeys, proof: string): boolean => keys.signed(readProof(proof, keys.keyIn))
/** One that is kept is the same object each time. */
const isKept = (keys: ProofKeys, head: string): boolean => keys.keyIn(head) === keys.keyIn(head)

test('the header of a key that signed is read once', () => {
  const keys = proofKeys()
  expect(isKept(keys, headOf(one))).toBe(false)
  expect(shows(keys, proofOf(one, headOf(one)))).toBe(true)
  expect(isKept(keys, headOf(one))).toBe(true)
  expect(shows(keys, proofOf(one, headOf(one)))).toBe(true)
})

test('one that did not sign is not kept, and one that is kept signs for nobody else', () => {
  const keys = proofKeys()
  expect(shows(keys, proofOf(one, headOf(one), two))).toBe(false)
  expect(isKept(keys, headOf(one))).toBe(false)
  expect(shows(keys, proofOf(one, headOf(one)))).toBe(true)
  expect(shows(keys, proofOf(one, headOf(one), two))).toBe(false)
})

test('whoever writes a header anew each time pushes out their own, and nobody else', () => {
  const keys = proofKeys(2)
  expect(shows(keys, proofOf(two, headOf(two)))).toBe(true)
  for (let at = 0; at < 20; at++) expect(shows(keys, proofOf(one, headOf(one, { kid: `k${at}` })))).toBe(true)
  expect(isKept(keys, headOf(two))).toBe(true)
  expect(isKept(keys, headOf(one, { kid: 'k18' }))).toBe(false)
  expect(isKept(keys, headOf(one, { kid: 'k19' }))).toBe(true)
})

test('of many keys the eldest goes, and a very long header is not kept', () => {
  const keys = proofKeys(2)
  for (const pair of pairs) expect(shows(keys, proofOf(pair, headOf(pair)))).toBe(true)
  expect(pairs.map((pair) => isKept(keys, headOf(pair)))).toEqual([false, true, true])
  const long = headOf(three, { kid: 'k'.repeat(2000) })
  expect(shows(keys, proofOf(three, long))).toBe(true)
  expect(isKept(keys, long)).toBe(false)
})
