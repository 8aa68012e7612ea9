// One frame of the journal: uint32 length of what follows the hash, RFC 6962 leaf hash of the entry, 16 bytes of MAC, the entry.
// The hash tells a torn frame from a whole one, and is the very hash that the tree will hold; anybody can make it. The MAC
// tells who wrote it, see journal-chain.ts.
import { hash } from 'node:crypto'

const MAC_AT = 36
const HEAD = 52

/** Some tens of thousands may wait at a time: each is one view of its bytes, and what else it is said to hold is cut from that. */
export class Frame {
  /** As it stands in the journal. */
  readonly bytes: Buffer

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  get hash(): Buffer {
    return this.bytes.subarray(4, MAC_AT)
  }

  get mac(): Buffer {
    return this.bytes.subarray(MAC_AT, HEAD)
  }

  get entry(): Buffer {
    return this.bytes.subarray(HEAD)
  }

  /** Lower-case hex. */
  get printedHash(): string {
    return this.bytes.toString('hex', 4, MAC_AT)
  }

  /** To `target`, from its byte `at` on; `setMac` the other way round. Without a view, for appends are frequent. */
  copyMac(target: Buffer, at: number): void {
    this.bytes.copy(target, at, MAC_AT, HEAD)
  }

  setMac(mac: Buffer): void {
    mac.copy(this.bytes, MAC_AT, 0, HEAD - MAC_AT)
  }
}

/** Its MAC is zeros until the journal that it is written to knows its place. */
export function makeFrame(text: string): Frame {
  const length = Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafe(HEAD + length)
  bytes.writeUInt32BE(HEAD - MAC_AT + length)
  bytes.write(text, HEAD)
  // The last zero is, for this moment, the leaf prefix 0x00 as well, which saves copying the entry to hash it.
  bytes.fill(0, MAC_AT, HEAD)
  hash('sha256', bytes.subarray(HEAD - 1), 'buffer').copy(bytes, 4)
  return new Frame(bytes)
}

/** The frame at an offset; undefined where there is none that is whole. Never looks past the end, nor at the MAC. */
export function frameAt(bytes: Buffer, at: number): Frame | undefined {
  if (at + HEAD >= bytes.length) return undefined
  const end = at + MAC_AT + bytes.readUInt32BE(at)
  if (end <= at + HEAD || end > bytes.length) return undefined
  const input = Buffer.allocUnsafe(1 + end - at - HEAD)
  input[0] = 0
  input.set(bytes.subarray(at + HEAD, end), 1)
  if (!hash('sha256', input, 'buffer').equals(bytes.subarray(at + 4, at + MAC_AT))) return undefined
  return new Frame(bytes.subarray(at, end))
}
