// For tests only: logs as a witness sees them over HTTP, signed with keys made for the purpose. RFC 6962 section 2.1 is written
// down here as it stands there, so that nothing of ours is checked against itself.
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'

const sha256 = (...parts: readonly Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest()

export function treeHash(entries: readonly Buffer[]): Buffer {
  const [first] = entries
  if (!first) return sha256()
  if (entries.length === 1) return sha256(Buffer.of(0), first)
  const k = splitAt(entries.length)
  return sha256(Buffer.of(1), treeHash(entries.slice(0, k)), treeHash(entries.slice(k)))
}

export function treeProof(from: number, entries: readonly Buffer[], whole = true): readonly Buffer[] {
  if (from === 0) return []
  if (from === entries.length) return whole ? [] : [treeHash(entries)]
  const k = splitAt(entries.length)
  return from <= k
    ? [...treeProof(from, entries.slice(0, k), whole), treeHash(entries.slice(k))]
    : [...treeProof(from - k, entries.slice(k), false), treeHash(entries.slice(0, k))]
}

function splitAt(count: number): number {
  let k = 1
  while (k * 2 < count) k *= 2
  return k
}

export const entriesOf = (count: number, history = 'one'): readonly Buffer[] =>
  Array.from({ length: count }, (_, at) => Buffer.from(`${history} ${at}`))

export interface TestSigner {
  readonly origin: string
  readonly verifierKey: string
  /** The first `size` entries of a history, as a signed checkpoint. */
  checkpoint(size: number, history?: string): string
  /** One with any text. */
  signed(body: string): string
}

export function testSigner(seedByte: number, name?: string): TestSigner {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, seedByte)])
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const raw = createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32)
  const origin = name ?? `sallyport/${sha256(raw).toString('hex').slice(0, 8)}/gateway-0`
  const typed = Buffer.concat([Buffer.of(1), raw])
  const id = sha256(Buffer.from(`${origin}\n`), typed).subarray(0, 4)
  const signed = (body: string): string => {
    const bytes = Buffer.concat([id, sign(null, Buffer.from(body), secret)])
    return `${body}\n\u2014 ${origin} ${bytes.toString('base64')}\n`
  }
  return {
    origin,
    verifierKey: `${origin}+${id.toString('hex')}+${typed.toString('base64')}`,
    signed,
    checkpoint: (size, history) =>
      signed(`${origin}\n${size}\n${treeHash(entriesOf(size, history)).toString('base64')}\n`),
  }
}

/** The body of `add-checkpoint`. */
export function submission(signer: TestSigner, from: number, to: number, history?: string): string {
  const proof = treeProof(from, entriesOf(to, history)).map((hash) => `${hash.toString('base64')}\n`)
  return `old ${from}\n${proof.join('')}\n${signer.checkpoint(to, history)}`
}
