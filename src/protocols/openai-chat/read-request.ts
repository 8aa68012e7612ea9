// What a chat completions request says: its model, and its parameters as policy sees them.
import type { ParameterLimits } from '#access/parameters.ts'
import type { Reading, Settings } from '#access/protocol.ts'
import type { RecordValue } from '#access/value.ts'
import { type JsonObject, member, textOf } from '#lib/json-node.ts'
import { mentionsIn } from '#protocols/ids.ts'
import { jsonBody } from '#protocols/json-body.ts'
import { isTrue, itemsOf, numberIn, textIn } from './fields.ts'
import {
  decimals,
  largest,
  limited,
  limitedEffort,
  longs,
  refuseOtherEfforts,
  UNNAMED_TEMPERATURE,
  UNNAMED_TOKENS,
} from '#protocols/openai-limits.ts'
import { type Fields, withFields } from '#protocols/openai-settings.ts'
import { actsOfReferences } from '#protocols/schema-references.ts'
import type { Notes } from '#protocols/shape.ts'
import { actsOf } from './acts.ts'
import { inputTokensOf } from './input-tokens.ts'
import { chatRequest } from './request-shape.ts'
import { requestTexts } from './request-texts.ts'

export function readRequest(body: Uint8Array, depth = 128): Reading {
  const root = jsonBody(body, depth)
  const notes: Notes = { unknown: [], obscure: [] }
  chatRequest(root, '', notes)
  const request = root as JsonObject
  const asked = actsOf(request, notes.obscure)
  const acts = [...asked, ...actsOfReferences(request, asked)]

  return {
    model: textIn(request, 'model') ?? '',
    streaming: isTrue(member(request, 'stream')),
    parametersUnder: (limits) => parametersUnder(limits, request),
    inputTokens: inputTokensOf(request),
    metadata: metadataOf(request),
    acts,
    hosted: acts.some(({ action }) => action === 'web-search') ? ['web_search'] : [],
    mentions: mentionsIn(request, acts, NO_IDS_IN),
    unknown: notes.unknown,
    texts: () => requestTexts(request),
    compose: (settings) => withFields(body, request, fieldsOf(settings, request)),
  }
}

// There people and tools choose the names.
const NO_IDS_IN: ReadonlySet<string> = new Set(['metadata', 'parameters', 'schema', 'logit_bias'])

interface Effective {
  readonly max_completion_tokens: number | undefined
  readonly max_tokens: number | undefined
  /** Of a request that names no cap at all. */
  readonly unnamedTokens: number | undefined
  readonly temperature: number | undefined
  readonly reasoning_effort: string | undefined
}

/** What the request names, as it leaves under the limits. */
function effective({ maxOutputTokens, temperature, reasoningEffort }: ParameterLimits, request: JsonObject): Effective {
  refuseOtherEfforts(request, reasoningEffort, 'reasoning_effort')
  const newer = numberIn(request, 'max_completion_tokens')
  const older = numberIn(request, 'max_tokens')
  const cap = (given: number | undefined): number | undefined =>
    given === undefined ? undefined : limited(given, maxOutputTokens, UNNAMED_TOKENS)
  const named = newer !== undefined || older !== undefined
  return {
    max_completion_tokens: cap(newer),
    max_tokens: cap(older),
    unnamedTokens: named ? undefined : limited(undefined, maxOutputTokens, UNNAMED_TOKENS),
    temperature: limited(numberIn(request, 'temperature'), temperature, UNNAMED_TEMPERATURE),
    reasoning_effort: limitedEffort(textIn(request, 'reasoning_effort'), reasoningEffort),
  }
}

function parametersUnder(limits: ParameterLimits, request: JsonObject): RecordValue {
  const tools = itemsOf(member(request, 'tools')).length + itemsOf(member(request, 'functions')).length
  const { temperature, reasoning_effort, ...caps } = effective(limits, request)
  const format = textIn(member(request, 'response_format'), 'type')
  return {
    tools: BigInt(tools),
    logprobs: isTrue(member(request, 'logprobs')),
    // Where both are given, policy sees the larger: that is what the caller could get.
    ...longs({ max_output_tokens: largest(...Object.values(caps)), n: numberIn(request, 'n') }),
    ...decimals({ temperature, top_p: numberIn(request, 'top_p') }),
    ...(reasoning_effort === undefined ? {} : { reasoning_effort }),
    ...(format === undefined ? {} : { response_format: format }),
  }
}

function fieldsOf({ model, user, limits, provider }: Settings, request: JsonObject): Fields {
  const { unnamedTokens, ...named } = effective(limits, request)
  const newer = provider === 'openai'
  const { max_completion_tokens, max_tokens, temperature, reasoning_effort } = named
  /** Undefined where the request says it already. */
  const changed = <T extends string | number>(name: string, value: T | undefined): T | undefined =>
    value === undefined || isSaid(request, name, value) ? undefined : value
  const newest = newer ? (max_completion_tokens ?? unnamedTokens) : max_completion_tokens
  // A server that knows only the older name would take the newer one for no cap.
  const older = newer || !limits.maxOutputTokens ? max_tokens : (max_tokens ?? max_completion_tokens ?? unnamedTokens)
  return {
    model,
    max_completion_tokens: changed('max_completion_tokens', newest),
    max_tokens: changed('max_tokens', older),
    temperature: changed('temperature', temperature),
    reasoning_effort: changed('reasoning_effort', reasoning_effort),
    safety_identifier: user,
    user: member(request, 'user') ? user : undefined,
    store: newer && isUnsaid(request, 'store') ? false : undefined,
  }
}

const isUnsaid = (request: JsonObject, name: string): boolean => (member(request, name)?.kind ?? 'null') === 'null'

/** Whether the request says it already, in whatever spelling. */
function isSaid(request: JsonObject, name: string, value: string | number): boolean {
  return (typeof value === 'string' ? textIn(request, name) : numberIn(request, name)) === value
}

const NONE: ReadonlyMap<string, string> = new Map()

function metadataOf(request: JsonObject): ReadonlyMap<string, string> {
  const metadata = member(request, 'metadata')
  if (metadata?.kind !== 'object') return NONE
  const named = new Map<string, string>()
  for (const { key, value } of metadata.members) if (value.kind === 'string') named.set(key, textOf(value))
  return named
}
