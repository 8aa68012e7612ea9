// Where one text ends and another goes on from it, for whoever reads them as one: content parts of a message, blocks of an
// answer, a lane that had ended. What has left cannot be taken back, so a credential that stands across is blocked.
import type { Inspector } from '#access/inspector.ts'

/** What is remembered of a text that has left. */
export interface Tail {
  /** Its last characters, as they arrived: as many as an inspector holds back. */
  readonly text: string
  /** The kind of a match that its end cuts and that began before `text`. */
  readonly open?: string
}

export const NO_TAIL: Tail = { text: '' }

/** What is remembered once this, too, has left. */
export const behind = (tail: Tail, value: string, { heldBack }: Inspector): Tail => ({
  text: value.length >= heldBack ? value.slice(-heldBack) : (tail.text + value).slice(-heldBack),
})

/** What is remembered of a text that comes in pieces. */
export interface GrowingTail {
  add(piece: string): void
  tail(): Tail
}

/** Pieces are joined now and then: cutting what is remembered costs a copy of it. */
const JOINED = 256

export function growing(before: Tail, { heldBack }: Inspector): GrowingTail {
  let last = before
  let fresh: string | undefined
  const join = (): Tail => {
    if (fresh !== undefined) last = { text: (last.text + fresh).slice(-heldBack) }
    fresh = undefined
    return last
  }
  return {
    add(piece) {
      fresh = fresh === undefined ? piece : fresh + piece
      if (fresh.length > JOINED) join()
    },
    tail: join,
  }
}

/** The kind of what begins in a text that has left and reaches into this one. */
export function acrossSeam({ text, open }: Tail, value: string, inspector: Inspector): string | undefined {
  if (value === '' || (text === '' && open === undefined)) return undefined
  if (open !== undefined) return open
  const scanner = inspector.open()
  const matches = [...scanner.push(text + value.slice(0, inspector.heldBack)).matches, ...scanner.finish().matches]
  const seam = text.length
  let start = 0
  for (const match of matches) {
    if (!match.continues) start = match.start
    if (start < seam && match.end > seam) return match.kind
  }
  return undefined
}

/** The groups of one message: what was read last in each, from lanes and from texts that are complete in themselves. */
export interface Seams {
  readonly size: number
  tail(group: string): Tail | undefined
  leave(group: string, tail: Tail): void
  /** A whole text of a group comes: the kind of what stands across it and the text before it. */
  cross(group: string, value: string): string | undefined
}

export function seamsOf(inspector: Inspector): Seams {
  const tails = new Map<string, Tail>()
  return {
    get size() {
      return tails.size
    },
    tail: (group) => tails.get(group),
    leave: (group, tail) => void tails.set(group, tail),
    cross(group, value) {
      const before = tails.get(group) ?? NO_TAIL
      tails.set(group, behind(before, value, inspector))
      return acrossSeam(before, value, inspector)
    },
  }
}
