import { expect, test } from 'bun:test'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { makeSigner, readOwnCheckpoint, readSigner, writeCheckpoint } from './note.ts'

// RFC 8032 section 7.1, test 1.
const SEED = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex')
const KEY = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'

test('the origin carries the first 8 hex digits of the SHA-256 of the public key', () => {
  // printf d75a…511a | xxd -r -p | sha256sum
  expect(makeSigner('gateway-0', SEED).name).toBe('sallyport/21fe31df/gateway-0')
})

test('the verifier key is name, key id and key as signed-note defines them', () => {
  const [, name, id, key] = /^([^+]+)\+([^+]+)\+(.+)$/.exec(makeSigner('gateway-0', SEED).verifierKey) ?? []
  expect(Buffer.from(key ?? '', 'base64').toString('hex')).toBe(`01${KEY}`)
  const digest = createHash('sha256')
    .update(`${name}\n`)
    .update(Buffer.from(`01${KEY}`, 'hex'))
  expect(id).toBe(digest.digest('hex').slice(0, 8))
})

test('a checkpoint is origin, size and root, signed with key id and Ed25519', () => {
  const signer = makeSigner('gateway-0', SEED)
  const text = writeCheckpoint(signer, 5, Buffer.alloc(32, 7))
  const [body, signatures] = text.split('\n\n')
  expect(body).toBe(`sallyport/21fe31df/gateway-0\n5\n${Buffer.alloc(32, 7).toString('base64')}`)
  const [, coded] = /^\u2014 sallyport\/21fe31df\/gateway-0 (\S+)\n$/.exec(signatures ?? '') ?? []
  const bytes = Buffer.from(coded ?? '', 'base64')
  expect(bytes.subarray(0, 4).toString('hex')).toBe(signer.verifierKey.split('+')[1] ?? '')
  const spki = Buffer.from(`302a300506032b6570032100${KEY}`, 'hex')
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  expect(verify(null, Buffer.from(`${body}\n`), key, bytes.subarray(4))).toBe(true)
})

test('a key file is read back, and refused for another log or with a character changed', () => {
  const signer = makeSigner('gateway-0', SEED)
  expect(readSigner('gateway-0', `${signer.secretKey}\n`)?.verifierKey).toBe(signer.verifierKey)
  expect(readSigner('gateway-1', signer.secretKey)).toBeUndefined()
  expect(readSigner('gateway-0', signer.secretKey.replace('gateway', 'getaway'))).toBeUndefined()
  expect(readSigner('gateway-0', '')).toBeUndefined()
})

test('a checkpoint of another size, root or key is not our own', () => {
  const signer = makeSigner('gateway-0', SEED)
  const text = writeCheckpoint(signer, 5, Buffer.alloc(32, 7))
  expect(readOwnCheckpoint(signer, text)?.size).toBe(5)
  expect(readOwnCheckpoint(signer, text.replace('\n5\n', '\n6\n'))).toBeUndefined()
  expect(readOwnCheckpoint(makeSigner('gateway-0', Buffer.alloc(32, 1)), text)).toBeUndefined()
})
