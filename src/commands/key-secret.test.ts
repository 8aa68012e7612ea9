import { expect, test } from 'bun:test'
import { makeKeyId, makeSecret } from './key-secret.ts'

/** Hands out these bytes, in order and over again. */
function scripted(bytes: readonly number[]) {
  let at = 0
  return (length: number): Uint8Array => Uint8Array.from({ length }, () => bytes[at++ % bytes.length] ?? 0)
}

test('bytes that would make some letters likelier than others are not taken', () => {
  expect(makeKeyId(scripted([255, 0, 248, 61, 250, 62, 247, 123, 124]))).toBe('A9A99AA9A99A')
})

test('over all bytes that are taken, each letter comes equally often', () => {
  const random = scripted(Array.from({ length: 248 }, (_, byte) => byte))
  let text = ''
  // 62 ids of 12 letters are three times 248.
  for (let turn = 0; turn < 62; turn++) text += makeKeyId(random)
  const counts = new Map<string, number>()
  for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  expect(counts.size).toBe(62)
  expect(new Set(counts.values())).toEqual(new Set([12]))
})

test('a text is made of prefix, id and secret, and what is kept is the digest of the secret alone', () => {
  const { text, sha256 } = makeSecret('7HkQ2mVxw0Za', scripted([0]))
  expect(text).toBe('sp_7HkQ2mVxw0Za_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')
  // printf 'AAA…' (43 times) | sha256sum
  expect(Buffer.from(sha256).toString('hex')).toBe('0f007385b6f9d4b7eeb2748605afe1a984a0a3bfa3f014d09e2a784ce9e5cd1a')
})
