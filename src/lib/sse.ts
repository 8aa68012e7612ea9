// Reads a server-sent event stream as it arrives, cut anywhere, into blocks: everything up to and including a blank line.
// The blocks' `raw`, one after the other, are the stream: what is not edited leaves as it came. A CR at a chunk's end waits
// for the next byte, which may be its LF; so a stream of lone CRs (nobody sends one) is late by a byte.
import { Buffer, isUtf8 } from 'node:buffer'
import { readSseBlock, type SseBlock } from './sse-block.ts'

export interface SseReader {
  /**
   * The blocks that this chunk completes. MUST be iterated to the end before the next chunk is fed: until then nothing is read.
   * Throws SseError after the blocks that were still sound, and at every call from then on. A chunk MUST NOT change after it was fed.
   */
  feed(chunk: Uint8Array): IterableIterator<SseBlock>
  /**
   * At the end of the stream: the last block, where it ended in a CR; and the bytes of a block without its blank
   * line, which clients discard. The stream was whole if there are none.
   */
  finish(): { readonly block?: SseBlock; readonly rest: Uint8Array }
}

export interface SseLimits {
  /** The greatest length of one block, in bytes. */
  readonly maxBytes?: number
}

export class SseError extends Error {
  override readonly name = 'SseError'
  readonly reason: 'too-large' | 'invalid-utf8'

  constructor(reason: SseError['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}

/** What has arrived and is not yet part of a block: `store` from `from` up to `used`. */
interface Held {
  store: Buffer
  /** False while `store` is a caller's chunk. */
  owned: boolean
  from: number
  used: number
  /** Where the line begins that is being read, and up to where it is known to hold no line break. */
  lineStart: number
  searched: number
  /** Up to where it is known to be UTF-8. */
  sound: number
  /** Up to where all was looked at together. */
  tried: number
  /** Whether no block has ended yet: only then can a byte order mark stand at `from`. */
  first: boolean
}

const DEFAULT_BYTES = 4 * 1024 * 1024
const LF = 0x0a
const CR = 0x0d

export function sseReader(limits: SseLimits = {}): SseReader {
  const maxBytes = limits.maxBytes ?? DEFAULT_BYTES
  const held: Held = {
    store: Buffer.alloc(0),
    owned: false,
    from: 0,
    used: 0,
    lineStart: 0,
    searched: 0,
    sound: 0,
    tried: 0,
    first: true,
  }
  let failure: SseError | undefined

  /** The next whole block, if there is one. */
  function next(ended: boolean): SseBlock | undefined {
    if (failure) throw failure
    const end = findBlockEnd(held, ended)
    failure = judge(held, end ?? held.used, end !== undefined, maxBytes)
    if (failure) throw failure
    return end === undefined ? undefined : take(held, end)
  }

  /** What was fed last, until the first of its blocks is asked for. */
  let fed: Uint8Array | undefined
  // One for all chunks: it is read to its end before the next is fed.
  const blocks: IterableIterator<SseBlock> = {
    next() {
      if (fed) {
        if (failure) throw failure
        append(held, fed)
        fed = undefined
      }
      const block = next(false)
      return block ? { done: false, value: block } : { done: true, value: undefined }
    },
    [Symbol.iterator]: () => blocks,
  }

  function feed(chunk: Uint8Array): IterableIterator<SseBlock> {
    fed = chunk
    return blocks
  }

  function finish(): { readonly block?: SseBlock; readonly rest: Uint8Array } {
    const block = next(true)
    const rest = held.store.subarray(held.from, held.used)
    return block ? { block, rest } : { rest }
  }

  return { feed, finish }
}

function judge(held: Held, end: number, whole: boolean, maxBytes: number): SseError | undefined {
  if (end - held.from > maxBytes) {
    return new SseError('too-large', `an event of the stream is longer than ${maxBytes} bytes`)
  }
  if (whole && held.sound < end && !isSound(held, end)) {
    return new SseError('invalid-utf8', 'an event of the stream is not UTF-8')
  }
  return undefined
}

/** All that is there is looked at first, and once: of what ends with a line, that is as good as a look at each block. */
function isSound(held: Held, end: number): boolean {
  const { store, from, used } = held
  if (held.tried < used) {
    held.tried = used
    if (isUtf8(from === 0 && used === store.length ? store : store.subarray(from, used))) {
      held.sound = used
      return true
    }
  }
  return isUtf8(store.subarray(from, end))
}

/**
 * Behind what is held. Bytes before `used` are never written again, since blocks given out share them; a store that is
 * too small is left to those blocks, and its successor is twice as large as needed, so that many small chunks cost no
 * more than a few large ones.
 */
function append(held: Held, chunk: Uint8Array): void {
  const kept = held.used - held.from
  if (kept === 0 || held.store.length - held.used < chunk.length) {
    const store =
      kept === 0
        ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
        : Buffer.allocUnsafeSlow(2 * (kept + chunk.length))
    if (kept > 0) held.store.copy(store, 0, held.from, held.used)
    held.store = store
    held.owned = kept > 0
    held.lineStart -= held.from
    held.searched -= held.from
    held.sound = 0
    held.tried = 0
    held.from = 0
    held.used = kept
  }
  if (held.owned) held.store.set(chunk, held.used)
  held.used += chunk.length
}

/** The offset behind the blank line; undefined where none has arrived. Looks at each byte once. */
function findBlockEnd(held: Held, ended: boolean): number | undefined {
  const { store, used } = held
  for (let at = held.searched; ;) {
    while (at < used && store[at] !== LF && store[at] !== CR) at++
    held.searched = at
    if (at >= used) return undefined
    const maybeHalf = store[at] === CR && at + 1 === used
    if (maybeHalf && !ended) return undefined
    const behind = store[at] === CR && !maybeHalf && store[at + 1] === LF ? at + 2 : at + 1
    const blank = at === held.lineStart + (held.lineStart === held.from ? markLength(held) : 0)
    held.lineStart = behind
    held.searched = behind
    if (blank) return behind
    at = behind
  }
}

function take(held: Held, end: number): SseBlock {
  const { store, from } = held
  const raw = from === 0 && end === store.length ? store : store.subarray(from, end)
  const block = readSseBlock(raw, markLength(held))
  held.from = end
  held.first = false
  return block
}

/** Of the byte order mark that a stream may begin with. */
function markLength({ first, store, from }: Held): number {
  return first && store[from] === 0xef && store[from + 1] === 0xbb && store[from + 2] === 0xbf ? 3 : 0
}
