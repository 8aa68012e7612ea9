// The frame of a streamed answer of OpenAI's shape: each event a `data:` line of JSON, and `[DONE]` at the end. What was
// redacted of an event is told in a member of its own, at which no client looks.
import type { EventReading, Notice } from '#access/protocol.ts'
import type { Edit } from '#access/text.ts'
import { type JsonNode, type JsonObject, member } from '#lib/json-node.ts'
import { splice } from '#lib/splice.ts'
import { itemsOf } from './openai-chat/fields.ts'
import { merged, renamed } from './openai-answer.ts'
import { addition } from './openai-settings.ts'

const encoder = new TextEncoder()
const DATA = encoder.encode('data: ')
const END_OF_EVENT = encoder.encode('\n\n')
const LF = 0x0a
const SPACE = 0x20
const NOTHING = new Uint8Array(0)
const DONE: Uint8Array = encoder.encode('data: [DONE]\n\n')

/** An event without data, which clients do not see. */
export const EMPTY_EVENT: EventReading = { texts: [], ended: [], done: false, compose: () => NOTHING }

/** `[DONE]`. */
export const END_EVENT: EventReading = { texts: [], ended: [], done: true, compose: () => DONE }

/** Filled with noise, at which nobody looks. */
export const FREE_IN_EVENT: ReadonlySet<string> = new Set(['obfuscation'])

/** Whether it brings pieces of one choice, and none of an object or list in it: those are counted. */
export function isPiece(event: JsonObject): boolean {
  const [choice, ...more] = itemsOf(member(event, 'choices'))
  if (!choice || more.length > 0) return false
  const delta = member(choice, 'delta')
  return delta === undefined || (delta.kind === 'object' && !delta.members.some(({ value }) => isCompound(value)))
}

const isCompound = ({ kind }: JsonNode): boolean => kind === 'object' || kind === 'array'

export interface ComposedEvent {
  readonly json: Uint8Array
  /** What was read from `json`. */
  readonly root: JsonObject
  readonly model: string
}

export function composeEvent(
  { json, root, model }: ComposedEvent,
  edits: readonly Edit[],
  notices: readonly Notice[] = [],
): Uint8Array {
  const ours = [...renamed(root, model), ...told(root, notices)].sort((left, right) => left.start - right.start)
  return framed(oneLine(splice(json, merged(edits, ours))))
}

const NOTICES = 'sallyport'

/** A provider that has such a member of its own does not speak for the gate: ours stands in its place. */
function told(root: JsonObject, notices: readonly Notice[]): readonly Edit[] {
  if (notices.length === 0) return []
  const value = JSON.stringify({ redacted: notices.map(({ kind, place }) => ({ kind, place })) })
  const there = member(root, NOTICES)
  return there
    ? [{ start: there.start, end: there.end, with: encoder.encode(value) }]
    : [addition(root, `"${NOTICES}":${value}`)]
}

/** Several `data:` lines as one. In JSON that was read strictly, a line feed can only stand between two tokens. */
const oneLine = (json: Uint8Array): Uint8Array =>
  json.includes(LF) ? json.map((byte) => (byte === LF ? SPACE : byte)) : json

function framed(json: Uint8Array): Uint8Array {
  const event = new Uint8Array(DATA.length + json.length + END_OF_EVENT.length)
  event.set(DATA)
  event.set(json, DATA.length)
  event.set(END_OF_EVENT, DATA.length + json.length)
  return event
}
