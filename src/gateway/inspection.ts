// What inspection of one message comes to: what to change in it, what to tell of it, and what to record. It says kinds and
// places, and never what it matched. What the bundle blocks, or what cannot be changed and must be, ends here in a Refusal.
import type { Check, Direction, Finding } from '#access/finding.ts'
import type { Inspector } from '#access/inspector.ts'
import type { Notice } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import type { Redaction } from '#access/text.ts'
import type { Judged } from './judge-text.ts'

export interface InspectionRules {
  readonly inspector: Inspector
  readonly direction: Direction
  readonly action: 'flag' | 'redact' | 'block'
}

export interface Inspection {
  readonly inspector: Inspector
  /** Takes note, and gives what is to be changed. Throws a Refusal `content_blocked` where it may not pass. */
  take(judged: Judged, place: string): readonly Redaction[]
  /** Of one match in a stream: whether it is to be taken out. Throws as `take` does. */
  takeMatch(found: { readonly kind: string; readonly place: string }, editable: boolean): boolean
  /** Bytes of a text that were read; `said`: of what a stream's model says, besides the names and ids around it. */
  cover(bytes: number, said?: 'said'): void
  /** How many bytes a stream's model said. */
  said(): number
  /** Runs and counts its time. */
  timed<T>(run: () => T): T
  /** Counts time that it took, in milliseconds. */
  spend(ms: number): void
  /** What was taken out, each kind and place once, and no more than are listed. */
  redacted(): readonly Notice[]
  /** How often something was found. */
  matches(): number
  /** How often something was taken out. */
  redactions(): number
  /** As policy sees it: `credentials`, `credentials:KIND`, `credentials:indeterminate`. */
  facts(): readonly string[]
  findings(): readonly Finding[]
  check(): Check
}

// An entry of the trail holds 32 KiB in all; of what is beyond, the check has the number.
const MOST_LISTED = 64
const MOST_UNREADABLE = 16
const LONGEST_PLACE = 200

/** Nested deep enough, a place alone would fill an entry. */
const cut = (place: string): string => (place.length > LONGEST_PLACE ? `${place.slice(0, LONGEST_PLACE)}…` : place)

export function inspectionOf({ inspector, direction, action }: InspectionRules): Inspection {
  const listed = new Map<string, Pick<Finding, 'kind' | 'place' | 'action'>>()
  let unread = 0
  const kinds = new Set<string>()
  const coverage = { seen: 0, of: 0 }
  let found = false
  let matches = 0
  let opaque = false
  let spent = 0
  let redactions = 0
  let said = 0

  const list = (kind: string, place: string, done: Finding['action']): void => {
    kinds.add(kind)
    if (done === 'redact') redactions++
    const shown = cut(place)
    if (listed.size - unread < MOST_LISTED) listed.set(`${kind} ${shown}`, { kind, place: shown, action: done })
  }
  const takeMatch: Inspection['takeMatch'] = ({ kind, place }, editable) => {
    found = true
    matches++
    const done = action === 'redact' && !editable ? 'block' : action
    list(kind, place, done)
    if (done === 'block') throw blocked(direction, kind, place)
    return done === 'redact'
  }
  const unreadable = (place: string): void => {
    opaque = true
    // Counted apart: many pictures must not leave a credential beside them unlisted.
    if (unread === MOST_UNREADABLE) return
    const before = listed.size
    listed.set(`unreadable ${cut(place)}`, { kind: 'unreadable', place: cut(place), action: 'flag' })
    if (listed.size > before) unread++
  }

  return {
    inspector,
    take(judged, place) {
      coverage.seen += judged.seen
      coverage.of += judged.of
      if (judged.seen < judged.of) unreadable(place)
      let redacts = false
      for (const each of judged.found) redacts = takeMatch(each, judged.editable)
      return redacts ? judged.redactions : []
    },
    takeMatch,
    cover(bytes, kind) {
      coverage.seen += bytes
      coverage.of += bytes
      if (kind) said += bytes
    },
    said: () => said,
    timed(run) {
      const began = performance.now()
      try {
        return run()
      } finally {
        spent += performance.now() - began
      }
    },
    spend(ms) {
      spent += ms
    },
    matches: () => matches,
    redactions: () => redactions,
    redacted: () => [...listed.values()].filter((each) => each.action === 'redact'),
    facts() {
      const facts = [...kinds].map((kind) => `${inspector.name}:${kind}`)
      if (found) facts.unshift(inspector.name)
      if (opaque) facts.push(`${inspector.name}:indeterminate`)
      return facts
    },
    findings: () =>
      [...listed.values()].map(({ kind, place, action: done }) => ({
        inspector: inspector.name,
        kind,
        place,
        action: done,
        coverage: { ...coverage },
      })),
    check: () => ({
      name: inspector.name,
      ...(matches > 0 ? { found: matches } : {}),
      verdict: found ? 'fail' : opaque ? 'indeterminate' : 'pass',
      us: Math.round(spent * 1000),
      direction,
      coverage: { ...coverage },
    }),
  }
}

const blocked = (direction: Direction, kind: string, place: string): Refusal =>
  new Refusal('content_blocked', {
    message:
      direction === 'request'
        ? `The request holds a credential (${kind}) at ${place}. Take it out, and replace it where it is used: it has been shown to this gate.`
        : `The answer holds a credential (${kind}) at ${place}, and is not passed on.`,
    ...(direction === 'request' ? { field: place } : {}),
  })
