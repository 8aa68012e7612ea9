// One text, in pieces: finds anchors, asks their formats, and gives out what has become certain. Two rules make the answer
// independent of the cuts: a candidate that may still become a match holds back everything from its first character on,
// and matches are given in the order in which they begin, each without what an earlier one covers.
import type { Match, Scanned, Scanner } from '#access/inspector.ts'
import { type Anchors, CONTROL_GROUP, flaggedPair } from './anchors.ts'
import { complete, isAnchor, isQuiet, NO_GAP, SHORT } from './clean.ts'
import { AHEAD, BLOCK, encode, NEAR } from './codes.ts'
import { mayBeNamed } from './name-before.ts'
import { type Found, type Gap, LOOK_BACK, type Reading, type Tail, type Verdict } from './reading.ts'
import type { Trigger } from './anchors.ts'
import { unfinishedShape } from './shapes.ts'
import { createView, LONGEST_WAIT } from './view.ts'

/** The most that a lane leaves unsettled, in UTF-16 units of the original. */
export const HELD_BACK = 4096

/** Of that, what is left for candidates. */
const WINDOW = HELD_BACK - LONGEST_WAIT

/** The kept text is cut when this much of it can go: cutting costs a copy. */
const SLACK = 2048

/** Of anchors that are held back in part. */
const LONGEST_ANCHOR = 64

/** Unseen characters among so many of an anchor fill what may be held back, nearly: the rest is for the seen ones. */
const DENSE = WINDOW - 2 * LONGEST_ANCHOR

interface Candidate {
  readonly trigger: Trigger
  /** Of the anchor. */
  at: number
  /** Where its match begins at the earliest, or begins. */
  start: number
  verdict: Verdict
}

/** Most texts are short, come at once, and hold no anchor: they need nothing of what a lane keeps. */
export function openLane(anchors: Anchors, weigh: (score: number) => void = () => {}): Scanner {
  let quiet: string | undefined
  let lane: Scanner | undefined
  return {
    push(piece) {
      if (!lane) {
        if (quiet === undefined && piece.length <= SHORT && isQuiet(anchors, piece)) {
          quiet = piece
          return { matches: [], settled: undecided(anchors, piece, piece.length, NO_GAP) }
        }
        lane = createLane(anchors, weigh)
        if (quiet !== undefined) lane.push(quiet)
      }
      return lane.push(piece)
    },
    finish: () => lane?.finish() ?? { matches: [], settled: quiet?.length ?? 0 },
  }
}

/** Where the first of what may become an anchor stands, of a text that has come up to `end`; `end` where none does. */
function undecided(anchors: Anchors, text: string, end: number, gap: Gap): number {
  const from = Math.max(0, end - LONGEST_ANCHOR)
  return Math.min(anchors.partial(text, from, end, gap), unfinishedShape(text, from, end, gap))
}

const toTheEnd: Tail = () => 0
/** What hides a candidate is a match itself, with all that follows: nobody can tell where what it hides would end. */
const hiding = (start: number, end: number): Found => ({ start, end, kind: 'hidden-characters', tail: toTheEnd })
const UNSEEN: Trigger = {
  format: { anchor: '', lead: 0, rank: -9, verify: () => 'no' },
  offset: 0,
  first: 0,
  next: -1,
  after: undefined,
  whole: true,
}

function createLane(anchors: Anchors, weigh: (score: number) => void): Scanner {
  const view = createView()
  const gap: Gap = (from, to) => (view.plain() ? -1 : view.gap(from, to))
  const escaped = (index: number): boolean => view.escaped(index)
  const reading: Reading = { text: '', end: 0, final: false, runs: new Map(), gap, escaped, weigh }
  let pending: Candidate[] = []
  let scanned = 0
  let covered = 0
  let settled = 0
  let swallowed = false
  let tail: { readonly step: Tail; readonly kind: string; readonly state: number; readonly end: number } | undefined

  /** A candidate sees no further than what may be held back: unseen characters between could make it endless. */
  const ask = (candidate: Candidate): void => {
    const { text, final } = reading
    const { format } = candidate.trigger
    const start = Math.max(0, candidate.start)
    const last = view.original(start) + WINDOW
    const bounded = view.original(text.length) >= last
    reading.end = view.indexOf(last)
    reading.final = final && !bounded
    const verdict = complete(reading, candidate.at, format.anchor) ?? format.verify(reading, candidate.at)
    if (verdict !== 'more') candidate.verdict = verdict
    else if (!bounded) candidate.verdict = final ? 'no' : 'more'
    // An anchor that is not here yet is waited for without a candidate, and `lookBetween` sees to it.
    else if (candidate.at + format.anchor.length > reading.end) candidate.verdict = 'no'
    else {
      const almost = candidate.at + format.anchor.length - 1
      const from = format.lead < 0 ? Math.max(start, undecided(anchors, text, almost, gap)) : start
      candidate.verdict = hiding(from, reading.end)
    }
    reading.end = text.length
    reading.final = final
    if (typeof candidate.verdict !== 'string') candidate.start = candidate.verdict.start
  }

  /** So many unseen characters between those of an anchor that it cannot be waited for. */
  const lookBetween = (): void => {
    const startOf = (end: number): number => undecided(anchors, reading.text, end, gap)
    let found = view.dense(DENSE, LONGEST_ANCHOR, startOf)
    for (; found; found = view.dense(DENSE, LONGEST_ANCHOR, startOf))
      pending.push({ trigger: UNSEEN, at: found.start, start: found.start, verdict: hiding(found.start, found.end) })
  }

  const trigger = (index: number, group: readonly Trigger[]): void => {
    for (let each = 0; each < group.length; each += 1) {
      const candidate = group[each]
      if (candidate && isAnchor(candidate, reading.text, index, index - candidate.offset)) {
        consider(candidate, index - candidate.offset)
      }
    }
  }

  const consider = (trigger: Trigger, at: number): void => {
    const { format, whole } = trigger
    // Nearly all end here. What is plain is shorter than what may be held back, so that bound needs no look; and whoever
    // has seen enough before the first gap needs no more.
    const plain = view.plain()
    const { final } = reading
    let verdict: Verdict
    if (plain) verdict = (whole ? undefined : complete(reading, at, format.anchor)) ?? format.verify(reading, at)
    else {
      const first = Math.max(0, at + Math.min(0, format.lead))
      reading.end = Math.min(view.plainUpTo(first), first + WINDOW)
      reading.final = false
      const here = whole && at + format.anchor.length <= reading.end
      verdict = (here ? undefined : complete(reading, at, format.anchor)) ?? format.verify(reading, at)
      reading.end = reading.text.length
      reading.final = final
    }
    if (verdict === 'no') return
    const start = typeof verdict === 'string' ? at + format.lead : verdict.start
    const candidate: Candidate = { trigger, at, start, verdict }
    if (!plain && verdict === 'more') ask(candidate)
    if (candidate.verdict !== 'no') pending.push(candidate)
  }

  /** False where controls turned up, which the view has to drop first. */
  const scan = (): boolean => {
    const { text } = reading
    const { flags, pairs, around, named, triggers } = anchors
    const ahead = text.length - scanned < SHORT ? NEAR : AHEAD
    for (let from = scanned; from < text.length; from += BLOCK) {
      const end = AHEAD + Math.min(BLOCK, text.length - from)
      const codes = encode(text, from, from + end - AHEAD, ahead)
      for (let at = flaggedPair(flags, codes, AHEAD, end); at < end; at = flaggedPair(flags, codes, at + 1, end)) {
        const group = pairs[((codes[at - 1] ?? 0) << 7) | (codes[at] ?? 0)] ?? 0
        if (group === CONTROL_GROUP) return false
        const behind = around[(group << 7) | (codes[at + 1] ?? 0)] ?? 0
        const before = around[(group << 7) | (codes[at - 2] ?? 0)] ?? 0
        if ((behind & 1) === 0 || (before & 2) === 0) continue
        const words = named[group] ?? 0
        if (words === 0 || ahead === NEAR || mayBeNamed(codes, at, words))
          trigger(from + at - AHEAD, triggers[group] ?? [])
      }
    }
    scanned = text.length
    return true
  }

  /** A match that goes on takes all it can, and what is unseen behind that, before anything else is looked at. */
  const follow = (matches: Match[]): void => {
    if (!tail) return
    let { state } = tail
    while (covered < reading.text.length && (state = tail.step(reading.text.charCodeAt(covered), state)) >= 0)
      covered += 1
    const end = view.original(covered)
    if (end > tail.end) {
      const last = matches.at(-1)
      if (last?.end === tail.end) matches[matches.length - 1] = { ...last, end }
      else matches.push({ start: tail.end, end, kind: tail.kind, continues: true })
    }
    tail = state < 0 ? undefined : { ...tail, state, end }
  }

  const take = (found: Found, matches: Match[]): void => {
    const start = Math.max(found.start, covered)
    if (start >= found.end) return
    const end = view.behind(found.end - 1)
    matches.push({ start: view.original(start), end, kind: found.kind, continues: false })
    covered = found.end
    if (!found.tail) return
    if (found.tail === toTheEnd) swallowed = true
    tail = { step: found.tail, kind: found.kind, state: 0, end }
    follow(matches)
  }

  const resolve = (): Scanned => {
    const matches: Match[] = []
    follow(matches)
    const { text } = reading
    let partial = reading.final || swallowed ? text.length : undecided(anchors, text, text.length, gap)
    // Of most pieces there is none.
    if (pending.length === 0) return settle(partial, partial, matches)
    for (const candidate of pending) if (candidate.verdict === 'more') ask(candidate)
    pending = pending.filter(({ verdict }) => verdict !== 'no')
    pending.sort((a, b) => a.start - b.start || a.trigger.format.rank - b.trigger.format.rank)
    if (pending.some(({ trigger, start }) => trigger === UNSEEN && start <= partial)) partial = text.length
    let done = 0
    for (const { verdict, start } of pending) {
      if (typeof verdict === 'string' || start >= partial) break
      take(verdict, matches)
      done += 1
    }
    pending.splice(0, done)
    const held = Math.min(pending[0]?.start ?? text.length, partial)
    return settle(held, Math.min(held, ...pending.map(({ at }) => at)), matches)
  }

  /** Nothing before `held` can change any more, and nothing before `needed` is looked at again. */
  const settle = (held: number, needed: number, matches: readonly Match[]): Scanned => {
    settled = Math.max(settled, view.original(held))
    forget(needed)
    return { matches, settled }
  }

  const forget = (needed: number): void => {
    const count = needed - LOOK_BACK
    if (count < SLACK) return
    view.drop(count)
    for (const candidate of pending) {
      candidate.at -= count
      candidate.start -= count
      if (typeof candidate.verdict !== 'string') candidate.verdict = moved(candidate.verdict, count)
    }
    scanned -= count
    covered -= count
    reading.runs.clear()
    reading.text = view.text()
  }

  const look = (): boolean => {
    reading.text = view.text()
    reading.end = reading.text.length
    if (swallowed) scanned = reading.text.length
    return scan()
  }

  const go = (): Scanned => {
    const before = pending.length
    if (!look()) {
      pending.length = before
      reading.runs.clear()
      view.dropControls()
      look()
    }
    if (!view.plain()) lookBetween()
    return resolve()
  }

  return {
    push(piece) {
      view.append(piece)
      return go()
    },
    finish() {
      view.finish()
      reading.final = true
      return go()
    },
  }
}

const moved = (found: Found, count: number): Found => ({ ...found, start: found.start - count, end: found.end - count })
