// What inspection of one message comes to: what to change in it, what to tell of it, and what to record. It says kinds and
// places, and never what it matched. What the bundle blocks, or what cannot be changed and must be, ends here in a Refusal.
import type { Check, Coverage, Direction, Finding } from '#access/finding.ts'
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

type Listed = Pick<Finding, 'kind' | 'place' | 'action'>

export const inspectionOf = (rules: InspectionRules): Inspection => new MessageInspection(rules)

/** A class, since there are two for each request: what lists findings is made only for those that have any. */
class MessageInspection implements Inspection {
  readonly inspector: Inspector
  readonly #direction: Direction
  readonly #action: InspectionRules['action']
  #listed: Map<string, Listed> | undefined
  #kinds: Set<string> | undefined
  #unread = 0
  #seen = 0
  #of = 0
  #found = false
  #matches = 0
  #redactions = 0
  #opaque = false
  #spent = 0
  #said = 0

  constructor({ inspector, direction, action }: InspectionRules) {
    this.inspector = inspector
    this.#direction = direction
    this.#action = action
  }

  take(judged: Judged, place: string): readonly Redaction[] {
    this.#seen += judged.seen
    this.#of += judged.of
    if (judged.seen < judged.of) this.#unreadable(place)
    let redacts = false
    for (const each of judged.found) redacts = this.takeMatch(each, judged.editable)
    return redacts ? judged.redactions : []
  }

  takeMatch({ kind, place }: { readonly kind: string; readonly place: string }, editable: boolean): boolean {
    this.#found = true
    this.#matches++
    const done = this.#action === 'redact' && !editable ? 'block' : this.#action
    this.#list(kind, place, done)
    if (done === 'block') throw blocked(this.#direction, kind, place)
    return done === 'redact'
  }

  #list(kind: string, place: string, done: Finding['action']): void {
    const listed = (this.#listed ??= new Map())
    ;(this.#kinds ??= new Set()).add(kind)
    if (done === 'redact') this.#redactions++
    const shown = cut(place)
    if (listed.size - this.#unread < MOST_LISTED) listed.set(`${kind} ${shown}`, { kind, place: shown, action: done })
  }

  #unreadable(place: string): void {
    this.#opaque = true
    // Counted apart: many pictures must not leave a credential beside them unlisted.
    if (this.#unread === MOST_UNREADABLE) return
    const listed = (this.#listed ??= new Map())
    const before = listed.size
    listed.set(`unreadable ${cut(place)}`, { kind: 'unreadable', place: cut(place), action: 'flag' })
    if (listed.size > before) this.#unread++
  }

  cover(bytes: number, kind?: 'said'): void {
    this.#seen += bytes
    this.#of += bytes
    if (kind) this.#said += bytes
  }

  said(): number {
    return this.#said
  }

  spend(ms: number): void {
    this.#spent += ms
  }

  matches(): number {
    return this.#matches
  }

  redactions(): number {
    return this.#redactions
  }

  redacted(): readonly Notice[] {
    return this.#listed ? [...this.#listed.values()].filter((each) => each.action === 'redact') : NONE
  }

  facts(): readonly string[] {
    if (!this.#found && !this.#opaque) return NONE
    const { name } = this.inspector
    const facts = Array.from(this.#kinds ?? NONE, (kind) => `${name}:${kind}`)
    if (this.#found) facts.unshift(name)
    if (this.#opaque) facts.push(`${name}:indeterminate`)
    return facts
  }

  findings(): readonly Finding[] {
    if (!this.#listed) return NONE
    const { name } = this.inspector
    return Array.from(this.#listed.values(), ({ kind, place, action }) => ({
      inspector: name,
      kind,
      place,
      action,
      coverage: this.#coverage(),
    }))
  }

  #coverage(): Coverage {
    return { of: this.#of, seen: this.#seen }
  }

  check(): Check {
    const verdict = this.#found ? 'fail' : this.#opaque ? 'indeterminate' : 'pass'
    // In the order in which an entry has them.
    const plain: Check = {
      coverage: this.#coverage(),
      direction: this.#direction,
      name: this.inspector.name,
      us: Math.round(this.#spent * 1000),
      verdict,
    }
    return this.#matches > 0 ? { ...plain, found: this.#matches } : plain
  }
}

const NONE: readonly never[] = []

const blocked = (direction: Direction, kind: string, place: string): Refusal =>
  new Refusal('content_blocked', {
    message:
      direction === 'request'
        ? `The request holds a credential (${kind}) at ${place}. Take it out, and replace it where it is used: it has been shown to this gate.`
        : `The answer holds a credential (${kind}) at ${place}, and is not passed on.`,
    ...(direction === 'request' ? { field: place } : {}),
  })
