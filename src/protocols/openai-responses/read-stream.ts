// A response's stream, event by event. Clients put texts together by the indexes of their events, and so does this: what
// is appended to one place is one text, whichever events bring it, and what comes behind its end is refused.
import type { EventReading, StreamEvent } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import type { Text } from '#access/text.ts'
import { type JsonNode, type JsonObject, member } from '#lib/json-node.ts'
import type { Step } from '#lib/json-path.ts'
import { splice } from '#lib/splice.ts'
import { moulded } from '#protocols/event-mould.ts'
import { jsonEvent } from '#protocols/json-body.ts'
import type { Moulding } from '#protocols/make-mould.ts'
import { invalidAnswer } from '#protocols/openai-answer.ts'
import { textIn } from '#protocols/openai-chat/fields.ts'
import { tokenTexts } from '#protocols/openai-logprobs.ts'
import { type Known, type Rules, textsOf } from '#protocols/texts.ts'
import { composeEvent, type ReadEvent } from './event-frame.ts'
import { type Calls, callsSeen } from './calls.ts'
import { beginnings, type Beginnings } from './beginnings.ts'
import { type OpenTexts, openTexts } from './open-texts.ts'
import { isStored, madeBy, madeByItem } from './made.ts'
import { messageNames, responseOf, usageOf } from './response.ts'
import { type EventShape, isAppended, LAST, placeOf, shapeOf, wholePlace } from './stream-events.ts'
import { isFree, isLogprobs, roleOf, SAID } from './text-rules.ts'

const NOTHING = new Uint8Array(0)
const NO_EVENT: EventReading = { texts: [], ended: [], done: false, compose: () => NOTHING }

export function readStream(model: string): (event: StreamEvent) => EventReading {
  const open = openTexts()
  const state: State = { open, beginnings: beginnings(open), snapshots: 0, saying: undefined }
  const calls = callsSeen()
  let stored = true
  const inFull = (event: StreamEvent): EventReading => {
    // Some servers send the end of other protocols behind their own.
    if (event.data === '' || event.data === '[DONE]') return NO_EVENT
    const read = eventOf(event, model)
    const response = member(read.root, 'response')
    if (response) stored = isStored(response)
    return {
      ...textsIn(read, state),
      ...usageIn(read.root, response, calls),
      made: madeIn(read.root, stored),
      done: LAST.has(read.type),
      compose: (edits, notices) => composeEvent(read, model, edits, notices),
    }
  }
  const composing: Moulding['compose'] = (json, root) => (edits, notices) =>
    composeEvent({ type: textIn(root, 'type') ?? '', json, root }, model, edits, notices)
  return moulded({ read: inFull, repeatable: isPieceOfText, free: FREE, compose: composing })
}

function usageIn(event: JsonObject, response: JsonNode | undefined, calls: Calls): Pick<EventReading, 'usage'> {
  const usage = response ? usageOf(response).usage : calls.note(event)
  return usage ? { usage: response ? calls.atLeast(usage) : usage } : {}
}

/** It begins nothing, and leaves its text open. */
const isPieceOfText = (event: JsonObject): boolean =>
  PIECES.has(textIn(event, 'type') ?? '') && member(event, 'response') === undefined

const PIECES: ReadonlySet<string> = new Set([
  'response.output_text.delta',
  'response.refusal.delta',
  'response.reasoning_text.delta',
  'response.reasoning_summary_text.delta',
])
const FREE: ReadonlySet<string> = new Set(['sequence_number', 'obfuscation'])

const encoder = new TextEncoder()

function eventOf(event: StreamEvent, model: string): ReadEvent {
  const came = eventRoot(encoder.encode(event.data))
  const type = textIn(came.root, 'type')
  if (type === undefined) throw withoutType(came.root)
  // It becomes a line of its own.
  if (!/^[A-Za-z0-9_.-]{1,100}$/.test(type)) throw invalidAnswer('has an event of a strange `type`')
  if (event.event !== undefined && event.event !== type) throw invalidAnswer('has an event that is called by two names')
  // The provider's words tell of its names and accounts, and an outcome of whose fault it was: both are the gate's to write.
  if (type === 'error' || isGiven(member(came.root, 'error'))) throw failed()
  const response = member(came.root, 'response')
  if (!response) return { type, ...came }
  const named = messageNames(responseOf(response), model)
  return named.length === 0 ? { type, ...came } : { type, ...eventRoot(splice(came.json, named)) }
}

function eventRoot(json: Uint8Array): { readonly json: Uint8Array; readonly root: JsonObject } {
  const root = jsonEvent(json)
  if (root.kind !== 'object') throw invalidAnswer('has an event that is not a JSON object')
  return { json, root }
}

const isGiven = (node: JsonNode | undefined): boolean => node !== undefined && node.kind !== 'null'

const failed = (): Refusal =>
  new Refusal('provider_failed', { message: 'The provider reported an error in its answer.' })

const withoutType = (event: JsonObject): Refusal =>
  isGiven(member(event, 'error')) ? failed() : invalidAnswer('has an event without a `type`')

interface State {
  readonly open: OpenTexts
  readonly beginnings: Beginnings
  snapshots: number
  /** Where what is being said goes on. */
  saying: string | undefined
}

function textsIn({ type, root }: ReadEvent, state: State): Pick<EventReading, 'texts' | 'ended' | 'finished'> {
  const shape = shapeOf(type, root)
  const found = textsOf(root, rulesOf(shape, groupsOf(type, shape, state)))
  state.beginnings.check(
    type,
    root,
    found.some(({ lane }) => lane !== undefined),
  )
  const texts: Text[] = []
  for (const text of found) {
    if (text.lane !== undefined) enter(text, text.lane, state)
    const placed = text.place.startsWith(PLACED)
    texts.push({ ...text, place: placed ? text.place.slice(PLACED.length) : wholePlace(text.place, shape) })
  }
  return shape.ends === undefined ? { texts, ended: [] } : { texts, ended: state.open.end(shape.ends), finished: true }
}

/** One text is said at a time: those that clients join are inspected one behind the other. */
function enter({ group }: Text, lane: string, state: State): void {
  if (group === SAID && lane !== state.saying) {
    if (state.saying !== undefined && state.open.isOpen(state.saying)) {
      throw invalidAnswer('begins a text before the one before it was complete')
    }
    state.saying = lane
  }
  state.open.touch(lane)
}

type Groups = (place: string, parent: JsonNode) => string | undefined

/** What the pieces of a stream make, each snapshot, and what each kind of event repeats: none is read behind another. */
function groupsOf(type: string, { appends, fields }: EventShape, state: State): Groups {
  const isSnapshot = fields['response'] !== undefined
  const repeats = isSnapshot ? `snapshot:${state.snapshots++} ` : `${type} `
  const prefix = appends ? '' : repeats
  const isSaid = type.startsWith('response.output_text.')
  return (place, parent) => {
    const [, list] = /^(.+)\/\d+\/text$/.exec(place) ?? []
    if (list === undefined) return undefined
    const said = /^\/output\/\d+\/content$/.test(list) && (isSaid || textIn(parent, 'type') === 'output_text')
    return `${prefix}${said ? SAID : list}`
  }
}

// Before a place that is the whole response's already: those of keys are not. No name has it.
const PLACED = '\0'

/** The rules of whole answers, and the lanes that only a stream has. */
function rulesOf(shape: EventShape, groups: Groups): Rules {
  return {
    known(steps, parent) {
      const place = placeOf(steps, shape)
      const role = roleOf(steps, parent) ?? rolesOfPlace(place)
      const lane = shape.appends && isAppended(place) && !isEmpty(steps, parent) ? place : undefined
      const group = groups(place, parent)
      return {
        place: PLACED + place,
        ...(role ? { role } : {}),
        ...(lane === undefined ? {} : { lane }),
        ...(group === undefined ? {} : { group }),
      }
    },
    free: isFree,
    together(node, steps) {
      if (!isLogprobs(node, steps)) return undefined
      const place = placeOf(steps, shape)
      return tokenTexts(node, { place: PLACED + place, ...(shape.appends ? { lane: place } : {}) })
    },
  }
}

/** Events of arguments, sound and pictures do not say what they are part of. */
function rolesOfPlace(place: string): Known['role'] {
  if (/^\/output\/\d+\/arguments$/.test(place)) return 'json'
  return place === '/audio/data' ? 'media' : undefined
}

/** An empty beginning is none. */
function isEmpty(steps: readonly Step[], parent: JsonNode): boolean {
  const key = steps.at(-1)
  const node =
    typeof key === 'number' ? (parent.kind === 'array' ? parent.items[key] : undefined) : member(parent, key ?? '')
  return node?.kind === 'string' && node.end - node.start === 2
}

function madeIn(event: JsonObject, stored: boolean): readonly string[] {
  const response = member(event, 'response')
  if (response) return madeBy(response)
  const item = member(event, 'item')
  return item ? madeByItem(item, stored) : []
}
