// An event as it leaves: named, on one line, with what the gate has to tell in a member of its own.
import type { Notice } from '#access/protocol.ts'
import type { Edit } from '#access/text.ts'
import { type JsonObject, member } from '#lib/json-node.ts'
import { splice } from '#lib/splice.ts'
import { besides, replaced } from './edits.ts'

const encoder = new TextEncoder()
const DATA = encoder.encode('data: ')
const END_OF_EVENT = encoder.encode('\n\n')
const LF = 0x0a
const SPACE = 0x20

export interface Framed {
  readonly type: string
  readonly json: Uint8Array
  readonly event: JsonObject
  /** Ours, whatever is found in the event's texts. */
  readonly edits: readonly Edit[]
}

export function frame(
  { type, json, event, edits: ours }: Framed,
  ofTexts: readonly Edit[],
  notices: readonly Notice[],
): Uint8Array {
  const told = noticeEdits(event, notices)
  const data = oneLine(splice(json, besides([...ours, ...told], ofTexts)))
  const name = encoder.encode(isTypeEdited(event, ofTexts) ? '' : `event: ${type}\n`)
  const framed = new Uint8Array(name.length + DATA.length + data.length + END_OF_EVENT.length)
  framed.set(name)
  framed.set(DATA, name.length)
  framed.set(data, name.length + DATA.length)
  framed.set(END_OF_EVENT, name.length + DATA.length + data.length)
  return framed
}

/** Where the type itself holds what was taken out, the event has no name: that would be the same words again. */
function isTypeEdited(event: JsonObject, edits: readonly Edit[]): boolean {
  const type = member(event, 'type')
  return type !== undefined && edits.some((edit) => edit.start < type.end && type.start < edit.end)
}

/** At the end, where the event's own members stand before it. A provider's member of this name gives way to ours. */
function noticeEdits(event: JsonObject, notices: readonly Notice[]): readonly Edit[] {
  if (notices.length === 0) return []
  const json = JSON.stringify({ redacted: notices.map(({ kind, place }) => ({ kind, place })) })
  const found = member(event, 'sallyport')
  if (found) return [replaced(found, json)]
  const end = event.end - 1
  return [{ start: end, end, with: encoder.encode(`,"sallyport":${json}`) }]
}

/** Several `data:` lines as one. In JSON that was read strictly, a line feed can only stand between two tokens. */
const oneLine = (json: Uint8Array): Uint8Array =>
  json.includes(LF) ? json.map((byte) => (byte === LF ? SPACE : byte)) : json
