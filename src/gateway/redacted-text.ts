// A text of ours that may quote somebody: what an inspector finds in it is taken out, whatever the bundle says of messages.
import { readJson } from '#lib/json.ts'
import { splice } from '#lib/splice.ts'
import { redact, type Rules, textsOf } from '#protocols/texts.ts'
import { takeFound } from './examine.ts'
import { inOrder } from './in-order.ts'
import type { Inspection } from './inspection.ts'
import { finished, judge } from './judge-text.ts'

export function redactedText(value: string, place: string, inspection: Inspection): string {
  const began = performance.now()
  const judged = finished(judge({ place, value, role: 'text', edits: () => [] }, inspection.inspector))
  inspection.spend(performance.now() - began)
  return redact(value, inspection.take(judged, place))
}

const PLAIN: Rules = { known: () => undefined, free: () => false }

/** JSON of ours that holds words of somebody: whatever looks like a word could be a secret, too. */
export function redactedJson(json: Uint8Array, inspection: Inspection): Uint8Array {
  const edits = [...textsOf(readJson(json), PLAIN)].flatMap((text) => {
    const redactions = takeFound(text, inspection)
    return redactions.length === 0 ? [] : text.edits(redactions)
  })
  return splice(json, inOrder(edits))
}
