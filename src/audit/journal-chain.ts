// What tells the writer's own frames from those that somebody else put into a journal: HMAC-SHA256, cut to 16 bytes, over the MAC
// before, the place, and the leaf hash. A chain begins with the head of a segment and its sequence number, so that no frame holds
// in another place, behind another frame, or in another file. Cutting off its end is what it does not show: a crash may do that.
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Frame } from './frame.ts'

const LENGTH = 16
const [HEAD, ENTRY] = [1, 2]
/** Kind, MAC before, place, leaf hash. */
const INPUT = 1 + LENGTH + 8 + 32

export interface JournalChain {
  /** Writes its MAC into the head of segment `sequence`, and begins the chain there. */
  begin(head: Frame, sequence: number): void
  /** Writes its MAC into an entry's frame. It is no part of the chain before it is told to `follow`. */
  seal(frame: Frame, index: number): void
  follow(frame: Frame): void
  /** What it followed by now stands: that is where it goes back to. */
  keep(): void
  back(): void
}

/** `secretKey` is the content of the log's key file; the key of the journal is derived from it, and is good for nothing else. */
export function journalKey(secretKey: string): Buffer {
  return createHmac('sha256', secretKey).update('sallyport journal').digest()
}

/** Appends are frequent: the one buffer that is hashed keeps the MAC before, too. */
export function makeChain(key: Uint8Array): JournalChain {
  const { input, macOf } = newChain(key)
  const before = input.subarray(1, 1 + LENGTH)
  const kept = Buffer.alloc(LENGTH)
  return {
    begin: (head, sequence) => {
      input.fill(0)
      head.setMac(macOf(HEAD, sequence, head))
      head.copyMac(input, 1)
      kept.set(before)
    },
    seal: (frame, index) => frame.setMac(macOf(ENTRY, index, frame)),
    follow: (frame) => frame.copyMac(input, 1),
    keep: () => kept.set(before),
    back: () => before.set(kept),
  }
}

/** For reading one segment: each asks for the next frame of it, and goes on only where that holds. */
export function checkChain(key: Uint8Array) {
  const { input, macOf } = newChain(key)
  const holds = (kind: number, place: number, frame: Frame): boolean => {
    if (!timingSafeEqual(macOf(kind, place, frame).subarray(0, LENGTH), frame.mac)) return false
    input.set(frame.mac, 1)
    return true
  }
  return {
    isHead: (head: Frame, sequence: number) => holds(HEAD, sequence, head),
    isNext: (frame: Frame, index: number) => holds(ENTRY, index, frame),
  }
}

function newChain(key: Uint8Array) {
  const input = Buffer.alloc(INPUT)
  /** Its first LENGTH bytes are the MAC. */
  const macOf = (kind: number, place: number, frame: Frame): Buffer => {
    input[0] = kind
    // Exact up to 2^53.
    input.writeUInt32BE(Math.floor(place / 2 ** 32), 1 + LENGTH)
    input.writeUInt32BE(place % 2 ** 32, 1 + LENGTH + 4)
    frame.bytes.copy(input, 1 + LENGTH + 8, 4, 36)
    return createHmac('sha256', key).update(input).digest()
  }
  return { input, macOf }
}
