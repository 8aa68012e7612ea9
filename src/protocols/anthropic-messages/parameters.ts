// The model parameters of a request as they would leave under the bundle's limits: what policy sees is what is sent.
import {
  type ParameterLimit,
  type ParameterLimits,
  REASONING_EFFORTS,
  type ReasoningEffort,
} from '#access/parameters.ts'
import { Refusal } from '#access/refusal.ts'
import type { RecordValue } from '#access/value.ts'
import { type JsonNode, type JsonObject, type JsonString, member, textOf } from '#lib/json-node.ts'
import { itemsOf, numberIn, textIn } from '#protocols/openai-chat/fields.ts'
import {
  decimals,
  longs,
  refuseOtherEfforts,
  limited as underLimit,
  UNNAMED_TEMPERATURE,
  UNNAMED_TOKENS,
} from '#protocols/openai-limits.ts'

/** What a limit makes of a request; what is absent stays as the caller wrote it. */
export interface Limited {
  readonly maxTokens?: number
  readonly thinkingBudget?: number
  readonly temperature?: number
  /** Of the request as a whole. */
  readonly effort?: ReasoningEffort
  /** Of turns that name one: where they stand, and what they become. */
  readonly turnEfforts: readonly { readonly node: JsonString; readonly effort: ReasoningEffort }[]
}

const LEAST_BUDGET = 1_024
const ONE_OF_ANTHROPIC: ReadonlySet<string> = new Set(['low', 'medium', 'high', 'xhigh', 'max'])

/** Throws a Refusal where no request within the limits makes sense. */
export function limited(request: JsonObject, limits: ParameterLimits): Limited {
  const maxTokens = changed(numberIn(request, 'max_tokens'), limits.maxOutputTokens, UNNAMED_TOKENS)
  const budget = maxTokens === undefined ? undefined : budgetBelow(maxTokens, request)
  const temperature = changed(numberIn(request, 'temperature'), limits.temperature, UNNAMED_TEMPERATURE)
  const limit = limits.reasoningEffort
  if (limit) refuseOtherThinking(request, limit)
  const effort = limit && effortUnder(limit, textIn(member(request, 'output_config'), 'effort'), 'output_config.effort')
  return {
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(budget === undefined ? {} : { thinkingBudget: budget }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(effort === undefined ? {} : { effort }),
    turnEfforts: limit ? turnEffortsUnder(limit, request) : [],
  }
}

/** The value that a limit puts in place of another, or of what the provider takes where none is named. */
function changed(
  value: number | undefined,
  limit: ParameterLimit<number> | undefined,
  unnamed: number,
): number | undefined {
  const result = underLimit(value, limit, unnamed)
  return result === value ? undefined : result
}

/** Thinking is part of the output: its budget stays below what the output may be. */
function budgetBelow(maxTokens: number, request: JsonNode): number | undefined {
  const thinking = member(request, 'thinking')
  const budget = numberIn(thinking, 'budget_tokens')
  if (textIn(thinking, 'type') !== 'enabled' || budget === undefined || budget < maxTokens) return undefined
  if (maxTokens - 1 >= LEAST_BUDGET) return maxTokens - 1
  throw new Refusal('invalid_field', {
    message: `\`thinking.budget_tokens\` must be below \`max_tokens\`, which is ${maxTokens} for this model here, and thinking takes at least ${LEAST_BUDGET}: leave \`thinking\` out.`,
    field: 'thinking.budget_tokens',
  })
}

// How much is thought where no effort is named.
const UNNAMED_EFFORT: ReasoningEffort = 'high'

/**
 * Thinking with a budget of its own is thinking as hard as that, whatever the effort. Adaptive thinking goes by the
 * effort, and without one takes the usual.
 */
function refuseOtherThinking(request: JsonObject, limit: ParameterLimit<ReasoningEffort>): void {
  refuseOtherEfforts(request, limit, 'thinking')
  const thinking = member(request, 'thinking')
  const type = textIn(thinking, 'type')
  if (thinking?.kind !== 'object' || type === 'disabled') return
  const bound = 'fixed' in limit ? limit.fixed : limit.max
  if (rank(bound) >= rank(UNNAMED_EFFORT)) return
  if (member(thinking, 'budget_tokens')) throw thinksFreely('thinking.budget_tokens')
  const named = 'fixed' in limit || textIn(member(request, 'output_config'), 'effort') !== undefined
  if (type === 'enabled' || !named) throw thinksFreely('thinking.type')
}

const thinksFreely = (field: string): Refusal =>
  new Refusal('invalid_field', {
    message: `\`${field}\` would go round the limit of this model's reasoning effort: say \`"thinking":{"type":"adaptive"}\` with an \`output_config.effort\`, or leave \`thinking\` out.`,
    field,
  })

function turnEffortsUnder(limit: ParameterLimit<ReasoningEffort>, request: JsonNode): Limited['turnEfforts'] {
  return turnEfforts(request).flatMap(({ at, node }) => {
    const effort = effortUnder(limit, textOf(node), at)
    return effort === undefined ? [] : [{ node, effort }]
  })
}

function turnEfforts(request: JsonNode): readonly { readonly at: string; readonly node: JsonString }[] {
  return itemsOf(member(request, 'messages')).flatMap((message, index) => {
    const node = member(member(message, 'output_config'), 'effort')
    return node?.kind === 'string' ? [{ at: `messages[${index}].output_config.effort`, node }] : []
  })
}

function effortUnder(
  limit: ParameterLimit<ReasoningEffort>,
  asked: string | undefined,
  field: string,
): ReasoningEffort | undefined {
  const bound = 'fixed' in limit ? limit.fixed : limit.max
  const keeps = 'fixed' in limit ? asked === bound : asked === undefined || rank(asked) <= rank(bound)
  if (keeps) return undefined
  if (ONE_OF_ANTHROPIC.has(bound)) return bound
  const remedy = 'fixed' in limit ? 'Use another model.' : 'Leave it out.'
  throw new Refusal('invalid_field', {
    message: `\`${field}\` would have to be \`${bound}\` for this model here, which this protocol has no word for. ${remedy}`,
    field,
  })
}

const rank = (effort: string): number => (REASONING_EFFORTS as readonly string[]).indexOf(effort)

/** As policy sees them. Of several efforts, the most: that is what the caller could get. */
export function parametersOf(request: JsonNode, tools: number, set: Limited): RecordValue {
  const output = member(request, 'output_config')
  const turns = new Map(set.turnEfforts.map(({ node, effort }) => [node, effort]))
  const asked = turnEfforts(request).map(({ node }) => turns.get(node) ?? textOf(node))
  const efforts = [set.effort ?? textIn(output, 'effort'), ...asked].filter((effort) => effort !== undefined)
  const effort = efforts.sort((one, other) => rank(other) - rank(one))[0]
  const format = textIn(member(output, 'format'), 'type') ?? textIn(member(request, 'output_format'), 'type')
  return {
    tools: BigInt(tools),
    logprobs: false,
    ...longs({ max_output_tokens: set.maxTokens ?? numberIn(request, 'max_tokens') }),
    ...decimals({
      temperature: set.temperature ?? numberIn(request, 'temperature'),
      top_p: numberIn(request, 'top_p'),
    }),
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
    ...(format === undefined ? {} : { response_format: format }),
  }
}
