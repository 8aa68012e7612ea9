// A text of ours that may quote somebody: what an inspector finds in it is taken out, whatever the bundle says of messages.
import { redact } from '#protocols/texts.ts'
import type { Inspection } from './inspection.ts'
import { finished, judge } from './judge-text.ts'

export function redactedText(value: string, place: string, inspection: Inspection): string {
  const judged = inspection.timed(() =>
    finished(judge({ place, value, role: 'text', edits: () => [] }, inspection.inspector)),
  )
  return redact(value, inspection.take(judged, place))
}
