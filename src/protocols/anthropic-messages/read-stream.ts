// Anthropic's stream: named events that begin a message, its blocks one after the other, and their pieces. A block's text
// goes on from event to event in a lane of its own, which ends with the block.
import type { EventReading, StreamEvent } from '#access/protocol.ts'
import type { Usage } from '#access/usage.ts'
import { Refusal } from '#access/refusal.ts'
import type { Edit } from '#access/text.ts'
import { type JsonObject, member } from '#lib/json-node.ts'
import { moulded } from '#protocols/event-mould.ts'
import { jsonEvent } from '#protocols/json-body.ts'
import type { Moulding } from '#protocols/make-mould.ts'
import { textIn } from '#protocols/openai-chat/fields.ts'
import { type Rules, textsOf } from '#protocols/texts.ts'
import { filesOf, invalid, madeBy, noteCall, refuseFailure, renamed, renamedSteps, usageOf } from './answer-parts.ts'
import { frame } from './frame.ts'
import { ofDelta, ofEvent, ofMessage, ofMessageDelta, ofStart } from './lanes.ts'
import { begin, openBlock, piece, type Progress, startBlock, startMessage, within } from './progress.ts'

const encoder = new TextEncoder()
const NOTHING = new Uint8Array(0)
const SILENT: EventReading = { texts: [], ended: [], done: false, compose: () => NOTHING }

export function readStream(model: string): (event: StreamEvent) => EventReading {
  const progress = begin()
  const inFull = ({ event: name, data }: StreamEvent): EventReading => {
    if (data === '') return SILENT
    const json = encoder.encode(data)
    const event = jsonEvent(json)
    if (event.kind !== 'object') throw invalid('has an event that is not a JSON object')
    refuseFailure(event)
    const type = typeOf(event, name)
    const { rules, edits = [], ended = [], done = false, ...facts } = readEvent(type, event, progress, model)
    // Read at once: what is known of the next event depends on this one.
    const texts = [...textsOf(event, rules)]
    return {
      ...facts,
      texts,
      ended,
      done,
      ...(type === 'message_delta' && { finished: true }),
      compose: (redactions, notices = []) => frame({ type, json, event, edits }, redactions, notices),
    }
  }
  return moulded({ read: inFull, repeatable: isPieceOfText, free: NONE_FREE, compose: composingPiece })
}

/** It leaves its block as it was: what is counted there are citations. */
const isPieceOfText = (event: JsonObject): boolean =>
  textIn(event, 'type') === PIECE && textIn(member(event, 'delta'), 'type') === 'text_delta'

const PIECE = 'content_block_delta'
const NONE_FREE: ReadonlySet<string> = new Set()

const composingPiece: Moulding['compose'] =
  (json, event) =>
  (redactions, notices = []) =>
    frame({ type: PIECE, json, event, edits: [] }, redactions, notices)

/** Plain words, without digits: it leaves as the event's name, where nothing can be taken out of it. */
function typeOf(event: JsonObject, name: string | undefined): string {
  const type = textIn(event, 'type') ?? ''
  if (type.length > 40 || !/^[a-z]+(?:_[a-z]+)*$/.test(type)) throw invalid('has an event without a type')
  if (name !== undefined && name !== '' && name !== type) throw invalid('has an event that is named otherwise')
  return type
}

interface ReadEvent {
  readonly rules: Rules
  readonly edits?: readonly Edit[]
  readonly ended?: readonly string[]
  readonly done?: boolean
  readonly usage?: Usage
  readonly made?: readonly string[]
}

function readEvent(type: string, event: JsonObject, progress: Progress, model: string): ReadEvent {
  switch (type) {
    case 'message_start': {
      const message = startMessage(progress, event)
      const usage = usageOf(message, progress)
      return { rules: ofMessage, edits: renamed(message, model), made: madeBy(message), ...usage }
    }
    case 'content_block_start': {
      const block = startBlock(progress, event)
      const content = member(event, 'content_block')
      const usage = noteCall(content, progress.calls) ? { tools: Object.fromEntries(progress.calls) } : undefined
      return { rules: ofStart(block), made: content ? filesOf(content) : [], ...(usage && { usage }) }
    }
    case 'content_block_delta': {
      const block = openBlock(progress, event)
      const delta = piece(block, event)
      const rules = ofDelta(block, textIn(delta, 'type') ?? '')
      return { rules }
    }
    case 'content_block_stop': {
      const block = openBlock(progress, event)
      progress.open.delete(block.index)
      return { rules: ofEvent, ended: [...block.lanes] }
    }
    case 'message_delta': {
      within(progress)
      const edits = renamedSteps(event, JSON.stringify(model))
      return { rules: ofMessageDelta, edits, made: madeBy(member(event, 'delta')), ...usageOf(event, progress) }
    }
    case 'message_stop': {
      within(progress)
      progress.phase = 'ended'
      const ended = [...progress.open.values()].flatMap(({ lanes }) => Array.from(lanes))
      return { rules: ofEvent, ended, done: true }
    }
    case 'error':
      throw new Refusal('provider_failed', { message: 'The provider broke off its answer with an error.' })
    default:
      if (progress.phase === 'ended') throw invalid('goes on behind its end')
      return { rules: ofEvent }
  }
}
