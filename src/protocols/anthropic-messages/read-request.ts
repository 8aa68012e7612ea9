// What a messages request says, and what a token count asks: the same body, but for what only an answer has.
import type { Reading } from '#access/protocol.ts'
import { NO_LIMITS } from '#access/parameters.ts'
import { type JsonObject, member } from '#lib/json-node.ts'
import { splice } from '#lib/splice.ts'
import { mentionsIn } from '#protocols/ids.ts'
import { jsonBody } from '#protocols/json-body.ts'
import { isTrue, textIn } from '#protocols/openai-chat/fields.ts'
import { withActsOfReferences } from '#protocols/schema-references.ts'
import type { Notes, Shape } from '#protocols/shape.ts'
import { textsOf } from '#protocols/texts.ts'
import { actsOf } from './acts.ts'
import { blocksIn, toolsIn } from './blocks.ts'
import { modelEdit, requestEdits } from './compose.ts'
import { inputTokensOf } from './input-tokens.ts'
import { limited, parametersOf } from './parameters.ts'
import { countTokensRequest, messagesRequest } from './request-shape.ts'
import { requestRules } from './request-texts.ts'
import { hostedTools } from './tool-acts.ts'

export function readRequest(body: Uint8Array, depth = 128): Reading {
  const { request, tools, reading } = readAs(messagesRequest, body, depth)
  return {
    ...reading,
    parametersUnder: (limits) => parametersOf(request, tools, limited(request, limits)),
    compose: (settings) => splice(body, requestEdits(request, settings)),
  }
}

/** A token count has no output to limit, and no person to tell of: only the model's name is set. */
export function readCountRequest(body: Uint8Array, depth = 128): Reading {
  const { request, tools, reading } = readAs(countTokensRequest, body, depth)
  return {
    ...reading,
    parametersUnder: () => parametersOf(request, tools, limited(request, NO_LIMITS)),
    compose: ({ model }) => splice(body, [modelEdit(request, model)]),
  }
}

interface ReadAs {
  readonly request: JsonObject
  /** How many. */
  readonly tools: number
  readonly reading: Omit<Reading, 'parametersUnder' | 'compose'>
}

// `user_id`, all that Anthropic's metadata has, is overwritten.
const NO_METADATA: ReadonlyMap<string, string> = new Map()

// There people and tools choose the names.
const NO_IDS_IN: ReadonlySet<string> = new Set(['metadata', 'input', 'input_schema', 'input_examples', 'schema'])

function readAs(shape: Shape, body: Uint8Array, depth: number): ReadAs {
  const root = jsonBody(body, depth)
  const notes: Notes = { unknown: [], obscure: [] }
  shape(root, '', notes)
  const request = root as JsonObject
  const blocks = blocksIn(request)
  const tools = toolsIn(request, blocks)
  const asked = actsOf({ request, blocks, tools, obscure: notes.obscure })
  const acts = withActsOfReferences(request, asked)
  const reading = {
    model: textIn(request, 'model') ?? '',
    streaming: isTrue(member(request, 'stream')),
    inputTokens: inputTokensOf(request, blocks),
    reasons:
      member(request, 'thinking')?.kind === 'object' && textIn(member(request, 'thinking'), 'type') !== 'disabled',
    metadata: NO_METADATA,
    acts,
    hosted: hostedTools(request, tools),
    mentions: mentionsIn(request, acts, NO_IDS_IN),
    unknown: notes.unknown,
    texts: () => textsOf(request, requestRules(blocks)),
  }
  return { request, tools: tools.length, reading }
}
