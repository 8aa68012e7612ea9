// What a moderations request says. OpenAI chooses a model where none is named; here it decides who may ask, and is named.
import type { Act, Reading } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import { type JsonNode, type JsonObject, member } from '#lib/json-node.ts'
import { mentionsIn } from '#protocols/ids.ts'
import { jsonBody } from '#protocols/json-body.ts'
import { itemsOf, textIn } from '#protocols/openai-chat/fields.ts'
import { carries, mediaOf } from '#protocols/openai-chat/media.ts'
import { actsOfObscure, OF_PART } from '#protocols/obscure-acts.ts'
import { pseudonymFields } from '#protocols/openai-input.ts'
import { withFields } from '#protocols/openai-settings.ts'
import type { Notes } from '#protocols/shape.ts'
import { type Known, type Rules, textsOf } from '#protocols/texts.ts'
import { FIELDS, moderationsRequest } from './request-shape.ts'

export function readRequest(body: Uint8Array, depth = 128): Reading {
  const root = jsonBody(body, depth)
  const notes: Notes = { unknown: [], obscure: [] }
  moderationsRequest(root, '', notes)
  const request = root as JsonObject
  const name = textIn(request, 'model')
  if (name === undefined) throw unnamed()

  const acts = [
    ...partsOf(request).flatMap(actsOfPart),
    ...notes.obscure.flatMap((each) => actsOfObscure(each, OF_PART)),
  ]

  return {
    model: name,
    streaming: false,
    parametersUnder: () => ({ tools: 0n, logprobs: false }),
    inputTokens: inputTokensOf(request),
    metadata: new Map(),
    acts,
    mentions: mentionsIn(request, acts, new Set()),
    unknown: notes.unknown,
    texts: () => textsOf(request, RULES),
    compose: ({ model, user }) => withFields(body, request, { model, ...pseudonymFields(request, user) }),
  }
}

const unnamed = (): Refusal =>
  new Refusal('invalid_field', {
    message: '`model` must be named here, where no other chooses it: access is decided by it.',
    field: 'model',
  })

const partsOf = (request: JsonNode): readonly JsonNode[] => itemsOf(member(request, 'input'))

const actsOfPart = (part: JsonNode, index: number): readonly Act[] =>
  mediaOf(part).flatMap(({ act, holder, name }) =>
    act ? [{ action: act, field: `input[${index}].${holder}.${name}` }] : [],
  )

const MEDIA_TOKENS = 1_000

/** As of a chat: bytes over four, and media that the body carries by the piece. */
function inputTokensOf(request: JsonObject): number {
  const input = member(request, 'input')
  let bytes = input ? input.end - input.start : 0
  let media = 0
  for (const part of partsOf(request)) {
    if (textIn(part, 'type') !== 'image_url') continue
    media++
    for (const { holder, act, node } of mediaOf(part)) {
      if (holder === 'image_url' && act === undefined) bytes -= node.end - node.start
    }
  }
  return Math.ceil(bytes / 4) + MEDIA_TOKENS * media
}

const MEDIA: Known = { role: 'media' }

const RULES: Rules = {
  known: (steps, parent) =>
    steps.length === 4 && steps[0] === 'input' && carries(steps[2], steps[3], parent) ? MEDIA : undefined,
  free: (steps) => steps.length === 1 && !FIELDS.has(String(steps[0])),
}
