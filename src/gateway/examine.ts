// Inspected and redacted, unless denied whatever is found: then nobody looks. What a later step takes is what came out of
// here, so that policy, the record and the wire are about the same bytes. Nothing a caller sends can switch it off.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Finding } from '#access/finding.ts'
import type { Edit, Redaction, Text } from '#access/text.ts'
import { deniedAnyway } from './ask.ts'
import type { Gate } from './gate.ts'
import { inOrder } from './in-order.ts'
import { type Inspection, inspectionOf } from './inspection.ts'
import { type Seams, seamsOf } from './seam.ts'
import { cleanBytes, finished, judge } from './judge-text.ts'
import type { SendWish, Wish } from './wish.ts'

declare const examined: unique symbol

/** A wish that has been through every inspector. Made only here. */
export interface Seen {
  readonly [examined]: true
  /** As it would leave: without what was taken out. */
  readonly wish: Wish
  readonly findings: readonly Finding[]
  /** The findings as policy sees them. */
  readonly facts: readonly string[]
}

const made = (seen: Omit<Seen, typeof examined>): Seen => seen as Seen

export async function examine(wish: Wish, gate: Gate): Promise<Seen> {
  if (wish.kind === 'own') return made({ wish, findings: [], facts: [] })
  const { account, active } = wish.exchange
  const inspector = gate.inspector
  if (deniedAnyway(wish)) {
    account.checks.push({ direction: 'request', name: inspector.name, us: 0, verdict: 'not-run' })
    return made({ wish, findings: [], facts: [] })
  }
  const action = active.bundle.config.inspectors.credentials.request[wish.model.system.tier]
  const inspection = inspectionOf({ inspector, direction: 'request', action })
  account.request = inspection
  try {
    examineBesides(wish, inspection)
    const edits = await editsOf(wish.reading.texts(), inspection)
    const redacted = edits.length === 0 ? wish : wish.redacted(edits)
    return made({ wish: redacted, findings: inspection.findings(), facts: inspection.facts() })
  } finally {
    account.checks.push(inspection.check())
  }
}

/** What leaves beside the body: values of headers and of the query, which nobody can change for the caller. */
function examineBesides({ headers, path }: SendWish, inspection: Inspection): void {
  const query = path.indexOf('?')
  for (const [name, value] of Object.entries(headers)) takeFound(fixedText(`/headers/${name}`, value), inspection)
  if (query >= 0) takeFound(fixedText('/query', path.slice(query + 1)), inspection)
}

const fixedText = (place: string, value: string): Text => ({ place, value, role: 'signed', edits: () => [] })

/** Of what is no text of the message, and counts as none unless something is found in it. */
export function takeFound(text: Text, inspection: Inspection): readonly Redaction[] {
  const began = performance.now()
  const { inspector } = inspection
  const judged = cleanBytes(text, inspector) === undefined ? finished(judge(text, inspector)) : undefined
  inspection.spend(performance.now() - began)
  return judged && judged.found.length > 0 ? inspection.take(judged, text.place) : []
}

/** What is to be changed in a whole message. Rejects with a Refusal `content_blocked` where it may not pass. */
export async function editsOf(texts: Iterable<Text>, inspection: Inspection): Promise<readonly Edit[]> {
  const edits: Edit[] = []
  const { inspector } = inspection
  let seams: Seams | undefined
  let began = performance.now()
  let unwatched = 0
  try {
    for (const text of texts) {
      if (text.group !== undefined) takeAcross(text, text.group, (seams ??= seamsOf(inspector)), inspection)
      const clean = cleanBytes(text, inspector)
      // Bodies have many short texts, and the clock costs as much as looking at one.
      unwatched += WEIGHT + (clean ?? 0)
      if (clean !== undefined) inspection.cover(clean)
      else {
        unwatched = SELDOM
        const steps = judge(text, inspector)
        let step = steps.next()
        for (; step.done !== true; step = steps.next()) {
          if (performance.now() - began > TURN_MS) began = await giveWay(began, inspection)
        }
        const redactions = inspection.take(step.value, text.place)
        if (redactions.length > 0) edits.push(...text.edits(redactions))
      }
      if (unwatched < SELDOM) continue
      unwatched = 0
      if (performance.now() - began > TURN_MS) began = await giveWay(began, inspection)
    }
  } finally {
    inspection.spend(performance.now() - began)
  }
  return inOrder(edits)
}

/** Others have their turn. Resolves to when it goes on. */
async function giveWay(began: number, inspection: Inspection): Promise<number> {
  inspection.spend(performance.now() - began)
  await nextTurn()
  return performance.now()
}

/** What stands across texts that are read as one. It is blocked: no placeholder would be in its place in either. */
function takeAcross({ value, place }: Text, group: string, seams: Seams, inspection: Inspection): void {
  const kind = seams.cross(group, value)
  if (kind !== undefined) inspection.takeMatch({ kind, place }, false)
}

/** Of bytes, between two looks at the clock: some tens of microseconds. A text counts as so many besides its own. */
const SELDOM = 16 * 1024
const WEIGHT = 256

/** A body may hold 64 MB; nobody else waits longer than this for it. */
const TURN_MS = 5
