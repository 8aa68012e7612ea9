// What a chat completions request says: its model, and its parameters as policy sees them.
import type { ParameterLimits } from '#access/parameters.ts'
import type { Act, Reading, Settings } from '#access/protocol.ts'
import type { RecordValue, Value } from '#access/value.ts'
import { type JsonObject, member, textOf } from '#lib/json-node.ts'
import { mentionsIn } from '#protocols/ids.ts'
import { jsonBody } from '#protocols/json-body.ts'
import { isTrue, itemsOf, numberIn, textIn } from './fields.ts'
import {
  largest,
  limited,
  limitedEffort,
  putDecimal,
  putLong,
  refuseOtherEfforts,
  UNNAMED_TEMPERATURE,
  UNNAMED_TOKENS,
} from '#protocols/openai-limits.ts'
import { type Fields, withFields } from '#protocols/openai-settings.ts'
import { withActsOfReferences } from '#protocols/schema-references.ts'
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
  const acts = withActsOfReferences(request, actsOf(request, notes.obscure))

  return {
    model: textIn(request, 'model') ?? '',
    streaming: isTrue(member(request, 'stream')),
    parametersUnder: (limits) => parametersUnder(limits, request),
    inputTokens: inputTokensOf(request),
    metadata: metadataOf(request),
    acts,
    hosted: acts.some(isWebSearch) ? WEB_SEARCH : NO_TOOLS,
    mentions: mentionsIn(request, acts, NO_IDS_IN),
    unknown: notes.unknown,
    texts: () => requestTexts(request),
    compose: (settings) => withFields(body, request, fieldsOf(settings, request)),
  }
}

const isWebSearch = ({ action }: Act): boolean => action === 'web-search'
const WEB_SEARCH: readonly string[] = ['web_search']
const NO_TOOLS: readonly string[] = []

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
  const named = newer !== undefined || older !== undefined
  return {
    max_completion_tokens: newer === undefined ? undefined : limited(newer, maxOutputTokens, UNNAMED_TOKENS),
    max_tokens: older === undefined ? undefined : limited(older, maxOutputTokens, UNNAMED_TOKENS),
    unnamedTokens: named ? undefined : limited(undefined, maxOutputTokens, UNNAMED_TOKENS),
    temperature: limited(numberIn(request, 'temperature'), temperature, UNNAMED_TEMPERATURE),
    reasoning_effort: limitedEffort(textIn(request, 'reasoning_effort'), reasoningEffort),
  }
}

function parametersUnder(limits: ParameterLimits, request: JsonObject): RecordValue {
  const tools = itemsOf(member(request, 'tools')).length + itemsOf(member(request, 'functions')).length
  const will = effective(limits, request)
  // Where both are given, policy sees the larger: that is what the caller could get.
  const most = largest(will.max_completion_tokens, will.max_tokens) ?? will.unnamedTokens
  const format = textIn(member(request, 'response_format'), 'type')
  const parameters: Record<string, Value> = { tools: BigInt(tools), logprobs: isTrue(member(request, 'logprobs')) }
  putLong(parameters, 'max_output_tokens', most)
  putLong(parameters, 'n', numberIn(request, 'n'))
  putDecimal(parameters, 'temperature', will.temperature)
  putDecimal(parameters, 'top_p', numberIn(request, 'top_p'))
  if (will.reasoning_effort !== undefined) parameters['reasoning_effort'] = will.reasoning_effort
  if (format !== undefined) parameters['response_format'] = format
  return parameters
}

function fieldsOf({ model, user, limits, provider }: Settings, request: JsonObject): Fields {
  const named = effective(limits, request)
  const newer = provider === 'openai'
  const { unnamedTokens, max_completion_tokens, max_tokens } = named
  const newest = newer ? (max_completion_tokens ?? unnamedTokens) : max_completion_tokens
  // A server that knows only the older name would take the newer one for no cap.
  const older = newer || !limits.maxOutputTokens ? max_tokens : (max_tokens ?? max_completion_tokens ?? unnamedTokens)
  return {
    model,
    max_completion_tokens: changed(request, 'max_completion_tokens', newest),
    max_tokens: changed(request, 'max_tokens', older),
    temperature: changed(request, 'temperature', named.temperature),
    reasoning_effort: changed(request, 'reasoning_effort', named.reasoning_effort),
    safety_identifier: user,
    user: member(request, 'user') ? user : undefined,
    store: newer && isUnsaid(request, 'store') ? false : undefined,
  }
}

const isUnsaid = (request: JsonObject, name: string): boolean => (member(request, name)?.kind ?? 'null') === 'null'

/** Undefined where the request says it already, in whatever spelling. */
function changed<T extends string | number>(request: JsonObject, name: string, value: T | undefined): T | undefined {
  if (value === undefined) return undefined
  const said = typeof value === 'string' ? textIn(request, name) : numberIn(request, name)
  return said === value ? undefined : value
}

const NONE: ReadonlyMap<string, string> = new Map()

function metadataOf(request: JsonObject): ReadonlyMap<string, string> {
  const metadata = member(request, 'metadata')
  if (metadata?.kind !== 'object') return NONE
  const named = new Map<string, string>()
  for (const { key, value } of metadata.members) if (value.kind === 'string') named.set(key, textOf(value))
  return named
}
