// Whether a whole text surely holds nothing: what most texts are asked, in one look and without what a lane keeps. It looks where
// a lane would look, and asks whom a lane would ask.
import { type Anchors, CONTROL_GROUP, flaggedPair, type Trigger } from './anchors.ts'
import { AHEAD, BLOCK, encode, holdsMarked, isAscii, NEAR, START } from './codes.ts'
import { mayBeNamed } from './name-before.ts'
import type { Gap, Reading } from './reading.ts'
import { CHANGED } from './unseen.ts'
import { DELETE } from './view.ts'

/** Longer first pieces are not worth reading twice. */
export const SHORT = 256

export const NO_GAP: Gap = () => -1

/** Holds no pair worth a look, no escape, and nothing that might be unseen. */
export function isQuiet({ flags }: Anchors, text: string): boolean {
  let before = START
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code > 126 || code === 92 || flags[(before << 7) | code] === 1) return false
    before = code
  }
  return true
}

/**
 * Whether a whole text surely holds nothing, which is what most texts are asked: as a lane would find out, in one look and
 * without what a lane keeps. A no says nothing: it is also what comes of a text that takes more than a few milliseconds.
 */
export function isClean(anchors: Anchors, text: string): boolean {
  if (text.length <= SHORT && isQuiet(anchors, text)) return true
  if (text.includes('\\') || (isAscii(text) ? text.includes(DELETE) : holdsMarked(text, CHANGED))) return false
  const { flags, pairs, around, named, triggers } = anchors
  const ahead = text.length < SHORT ? NEAR : AHEAD
  let reading: Reading | undefined
  let patience = PATIENCE
  for (let from = 0; from < text.length; from += BLOCK) {
    const end = AHEAD + Math.min(BLOCK, text.length - from)
    const codes = encode(text, from, from + end - AHEAD, ahead)
    for (let at = flaggedPair(flags, codes, AHEAD, end); at < end; at = flaggedPair(flags, codes, at + 1, end)) {
      const group = pairs[((codes[at - 1] ?? 0) << 7) | (codes[at] ?? 0)] ?? 0
      if (group === CONTROL_GROUP) return false
      const behind = around[(group << 7) | (codes[at + 1] ?? 0)] ?? 0
      const before = around[(group << 7) | (codes[at - 2] ?? 0)] ?? 0
      if ((behind & 1) === 0 || (before & 2) === 0) continue
      if (--patience < 0) return false
      const words = named[group] ?? 0
      if (words !== 0 && ahead !== NEAR && !mayBeNamed(codes, at, words)) continue
      const index = from + at - AHEAD
      for (const candidate of triggers[group] ?? []) {
        const start = index - candidate.offset
        if (!isAnchor(candidate, text, index, start)) continue
        reading ??= plainReading(text)
        patience -= CLOSE_LOOK
        const { format, whole } = candidate
        const verdict = (whole ? undefined : complete(reading, start, format.anchor)) ?? format.verify(reading, start)
        if (verdict !== 'no') return false
      }
    }
  }
  return true
}

/** So many pairs are looked at closely, and each candidate that is verified counts as some of them. */
const PATIENCE = 20_000
const CLOSE_LOOK = 16

const plainReading = (text: string): Reading => ({
  text,
  end: text.length,
  final: false,
  runs: new Map(),
  gap: NO_GAP,
  escaped: () => false,
  weigh: () => undefined,
})

/** Whether what stands beside the pair that ends at `index` is the anchor's, which would begin at `at`. */
export function isAnchor(trigger: Trigger, text: string, index: number, at: number): boolean {
  const following = index + 1 < text.length ? text.charCodeAt(index + 1) : -1
  if (following >= 0 && trigger.next >= 0 && trigger.next !== following) return false
  if (at < 0 || text.charCodeAt(at) !== trigger.first) return false
  return trigger.after === undefined || at === 0 || trigger.after[text.charCodeAt(at - 1)] !== 0
}

/** What an incomplete or other anchor says; undefined where it stands there in full. */
export function complete({ text, end, final }: Reading, at: number, anchor: string): 'no' | 'more' | undefined {
  if (at + anchor.length <= end && text.startsWith(anchor, at)) return undefined
  return !final && at + anchor.length > end && anchor.startsWith(text.slice(at, end)) ? 'more' : 'no'
}
