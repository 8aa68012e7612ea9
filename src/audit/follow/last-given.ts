// What a reader of a journal gave last. A writer whose write or sync failed may take entries back that were read already: it cuts them
// off, or begins a segment a little earlier, with the same entries or with others. What is the same is not given twice.
import type { Frame } from '#audit/frame.ts'
import { MOST_AT_ONCE } from '#audit/segment.ts'

export interface Place {
  /** Of the segment. */
  readonly name: string
  /** Where its frame begins there. */
  readonly at: number
  readonly hash: Buffer
}

export interface LastGiven {
  readonly place: Place | undefined
  /** How many of these, the first, were given just so; all of them are remembered as given. `end` is where the last one ends. */
  again(of: { readonly first: number; readonly frames: readonly Frame[] }, name: string, end: number): number
  /** For whoever asks once more for what was given. */
  forget(): void
}

export function lastGiven(): LastGiven {
  /** By index, the latest last. */
  const known = new Map<number, Buffer>()
  let place: Place | undefined
  return {
    get place() {
      return place
    },
    again({ first, frames }, name, end) {
      let same = 0
      for (const { hash } of frames) {
        if (known.get(first + same)?.equals(hash) !== true) break
        same += 1
      }
      const kept = frames.slice(-MOST_AT_ONCE)
      let index = first + frames.length - kept.length
      for (const { hash } of kept) {
        known.delete(index)
        known.set(index++, Buffer.from(hash))
      }
      for (const oldest of known.keys()) {
        if (known.size <= MOST_AT_ONCE) break
        known.delete(oldest)
      }
      const last = frames.at(-1)
      if (last) place = { name, at: end - last.bytes.length, hash: Buffer.from(last.hash) }
      return same
    },
    forget() {
      known.clear()
      place = undefined
    },
  }
}
