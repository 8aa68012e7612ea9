// One event on its way out, as server-sent event under its own type. What was redacted of it is told in a member of its
// own, at which no client looks.
import type { Notice } from '#access/protocol.ts'
import type { Edit } from '#access/text.ts'
import { type JsonObject, member } from '#lib/json-node.ts'
import { splice } from '#lib/splice.ts'
import { merged, renamed } from '#protocols/openai-answer.ts'
import { setMembers } from './set-members.ts'

export interface ReadEvent {
  readonly type: string
  readonly json: Uint8Array
  /** What was read from `json`. */
  readonly root: JsonObject
}

const encoder = new TextEncoder()
const LF = 0x0a
const SPACE = 0x20

/** A provider that has such a member of its own does not speak for the gate: ours stands in its place. */
const NOTICES = 'sallyport'

export function composeEvent(
  { type, json, root }: ReadEvent,
  model: string,
  edits: readonly Edit[],
  notices: readonly Notice[] = [],
): Uint8Array {
  const response = member(root, 'response')
  const named = response?.kind === 'object' ? renamed(response, model) : []
  const told = notices.length === 0 ? [] : setMembers(root, new Map([[NOTICES, printed(notices)]]))
  const ours = [...named, ...told].sort((left, right) => left.start - right.start)
  return framed(isEdited(root, edits) ? undefined : type, oneLine(splice(json, merged(edits, ours))))
}

/** Where the type itself holds what was taken out, the event has no name: that would be the same words again. */
function isEdited(root: JsonObject, edits: readonly Edit[]): boolean {
  const type = member(root, 'type')
  return type !== undefined && edits.some(({ start, end }) => start < type.end && type.start < end)
}

const printed = (notices: readonly Notice[]): string =>
  JSON.stringify({ redacted: notices.map(({ kind, place }) => ({ kind, place })) })

/** Several `data:` lines as one. In JSON that was read strictly, a line feed can only stand between two tokens. */
const oneLine = (json: Uint8Array): Uint8Array =>
  json.includes(LF) ? json.map((byte) => (byte === LF ? SPACE : byte)) : json

const END = encoder.encode('\n\n')

/** The type MUST be a plain word. Without one the event has no name. */
export function framed(type: string | undefined, json: Uint8Array): Uint8Array {
  const head = encoder.encode(type === undefined ? 'data: ' : `event: ${type}\ndata: `)
  const event = new Uint8Array(head.length + json.length + END.length)
  event.set(head)
  event.set(json, head.length)
  event.set(END, head.length + json.length)
  return event
}
