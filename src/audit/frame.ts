// One frame of the journal: uint32 length, RFC 6962 leaf hash, bytes. The hash tells a torn frame from a whole one, and
// is the very hash that the tree will hold.
import { hash } from 'node:crypto'

const HEAD = 36

export interface Frame {
  /** As it stands in the journal. */
  readonly bytes: Buffer
  readonly hash: Buffer
  readonly entry: Buffer
}

export function makeFrame(text: string): Frame {
  const length = Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafe(HEAD + length)
  bytes.writeUInt32BE(length)
  bytes.write(text, HEAD)
  // The leaf prefix 0x00 stands for a moment where the hash will end, which saves copying the entry to hash it.
  bytes[HEAD - 1] = 0
  const digest = hash('sha256', bytes.subarray(HEAD - 1), 'buffer')
  bytes.set(digest, 4)
  return { bytes, hash: digest, entry: bytes.subarray(HEAD) }
}

/** The frame at an offset; undefined where there is none that is whole. Never looks past the end. */
export function frameAt(bytes: Buffer, at: number): Frame | undefined {
  if (at + HEAD > bytes.length) return undefined
  const length = bytes.readUInt32BE(at)
  const end = at + HEAD + length
  if (end > bytes.length) return undefined
  const claimed = bytes.subarray(at + 4, at + HEAD)
  const input = Buffer.allocUnsafe(1 + length)
  input[0] = 0
  input.set(bytes.subarray(at + HEAD, end), 1)
  if (!hash('sha256', input, 'buffer').equals(claimed)) return undefined
  return { bytes: bytes.subarray(at, end), hash: claimed, entry: bytes.subarray(at + HEAD, end) }
}
