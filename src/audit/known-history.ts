// All that came before a segment of the journal, as the checkpoint and the segments before it have it. Each segment goes on from
// exactly that history: two lives of the gate may write segments of one number and one first entry, and their MACs hold in both.
import { WHAT_NOW } from './foreign-journal.ts'
import type { Frame } from './frame.ts'
import { MOST_AT_ONCE, type Segment } from './segment.ts'
import type { SignedTree } from './signed-tree.ts'
import { type Edge, edgeRoot, grow } from './tiles.ts'

export interface KnownHistory {
  /** Takes the next segment. Rejects where it was written after other entries, or holds others where the log is signed. */
  goOn(segment: Segment, name: string): Promise<void>
  /** Entries that are not signed, up to the index `end`. Throws where the last segment was not what is signed. */
  waiting(end: number): readonly Frame[]
}

/** `edge` is that of the signed tree. */
export function knownHistory(tree: SignedTree, edge: Edge): KnownHistory {
  const frames = new Map<number, Frame>()
  let reached = edge
  let doubt: string | undefined

  const from = (start: number, end: number): readonly Frame[] => {
    const found: Frame[] = []
    for (let index = start; index < end; index++) {
      const frame = frames.get(index)
      if (frame) found.push(frame)
    }
    return found
  }

  const rootAt = async (size: number): Promise<Buffer> => {
    if (size <= edge.size || size < reached.size) reached = edge
    if (size <= edge.size) return tree.rootAt(size)
    reached = grow(reached, from(reached.size, size)).edge
    return edgeRoot(reached)
  }

  return {
    async goOn({ first, root, entries }, name) {
      if ((await rootAt(first)).toString('hex') !== root) {
        const others = `was written after other entries than the ${first} that are before it here`
        throw new Error(`the journal segment ${name} ${others}; ${WHAT_NOW}`)
      }
      doubt = undefined
      for (const [at, frame] of entries.entries()) {
        const index = first + at
        if (index >= edge.size) frames.set(index, frame)
        else if ((await tree.leafAt(index))?.equals(frame.hash) !== true) {
          doubt ??= `the journal segment ${name} holds another entry ${index} than the one that is signed; ${WHAT_NOW}`
          // Last frames whose write failed may stand whole after all: the segment behind them then has what is signed.
          if (at < entries.length - MOST_AT_ONCE) throw new Error(doubt)
        }
      }
    },
    waiting(end) {
      if (doubt !== undefined) throw new Error(doubt)
      return from(edge.size, end)
    },
  }
}
