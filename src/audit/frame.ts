// One frame of the journal: uint32 length, RFC 6962 leaf hash, bytes. The hash tells a torn frame from a whole one, and
// is the very hash that the tree will hold.
import { hash } from 'node:crypto'

const HEAD = 36

/** Some tens of thousands may wait at a time: each is one view of its bytes, and what else it is said to hold is cut from that. */
export class Frame {
  /** As it stands in the journal. */
  readonly bytes: Buffer

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  get hash(): Buffer {
    return this.bytes.subarray(4, HEAD)
  }

  get entry(): Buffer {
    return this.bytes.subarray(HEAD)
  }
}

export function makeFrame(text: string): Frame {
  const length = Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafe(HEAD + length)
  bytes.writeUInt32BE(length)
  bytes.write(text, HEAD)
  // The leaf prefix 0x00 stands for a moment where the hash will end, which saves copying the entry to hash it.
  bytes[HEAD - 1] = 0
  bytes.set(hash('sha256', bytes.subarray(HEAD - 1), 'buffer'), 4)
  return new Frame(bytes)
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
  return new Frame(bytes.subarray(at, end))
}
