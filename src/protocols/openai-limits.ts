// A model's parameter limits, applied to what a request of OpenAI's shape names. What policy sees and what leaves are both
// made of these, so that they agree.
import { type ParameterLimit, REASONING_EFFORTS, type ReasoningEffort } from '#access/parameters.ts'
import { Refusal } from '#access/refusal.ts'
import type { Value } from '#access/value.ts'
import { foldName } from '#lib/json-keys.ts'
import type { JsonObject } from '#lib/json-node.ts'

/**
 * What stands in the request in place of `given`; undefined where nothing does. `unnamed` is what the provider takes where
 * nothing is given, so that a request which names nothing is not above the limit either.
 */
export function limited(
  given: number | undefined,
  limit: ParameterLimit<number> | undefined,
  unnamed: number,
): number | undefined {
  if (!limit) return given
  if ('fixed' in limit) return limit.fixed
  return (given ?? unnamed) > limit.max ? limit.max : given
}

/** How much a provider answers that was told nothing. */
export const UNNAMED_TOKENS = Number.POSITIVE_INFINITY
/** API reference, `temperature`. */
export const UNNAMED_TEMPERATURE = 1

/** An effort of another name could be any: under a `max` it becomes that. */
export function limitedEffort(
  given: string | undefined,
  limit: ParameterLimit<ReasoningEffort> | undefined,
): string | undefined {
  if (!limit) return given
  if ('fixed' in limit) return limit.fixed
  if (given === undefined) return undefined
  const rank = rankOf(given)
  return rank < 0 || rank > rankOf(limit.max) ? limit.max : given
}

const rankOf = (effort: string): number => REASONING_EFFORTS.findIndex((name) => name === effort)

/** Fields of compatible servers that say how much is thought, in their own words. */
const OTHER_EFFORTS: ReadonlySet<string> = new Set(
  `chat_template_kwargs enable_reasoning enable_thinking include_reasoning include_thoughts max_reasoning_tokens
  max_thinking_tokens reasoning reasoning_budget reasoning_config reasoning_effort reasoning_level reasoning_max_tokens
  reasoning_tokens think thinking thinking_budget thinking_config thinking_effort thinking_level thinking_mode
  thinking_token_budget thinking_tokens`
    .split(/\s+/)
    .map(foldName),
)

/** Under a limit of effort, throws a Refusal for whatever else would set it; `own` is the name under which it is limited. */
export function refuseOtherEfforts(
  request: JsonObject,
  limit: ParameterLimit<ReasoningEffort> | undefined,
  own?: string,
): void {
  if (!limit) return
  for (const { key } of request.members) {
    if (key === own || key.length > LONGEST || !OTHER_EFFORTS.has(foldName(key))) continue
    throw new Refusal('invalid_field', {
      message: `\`${key}\` would go round the limit of this model's reasoning effort; leave it out${own === undefined ? '' : `, and use \`${own}\``}.`,
      field: key,
    })
  }
}

/** No such field is longer. */
const LONGEST = 64

type Parameters = Record<string, Value>

/** Numbers as policy holds them; nothing where nothing is named. */
export function putLong(into: Parameters, name: string, value: number | undefined): void {
  if (value !== undefined) into[name] = BigInt(value)
}

export function putDecimal(into: Parameters, name: string, value: number | undefined): void {
  if (value !== undefined) into[name] = { extension: { fn: 'decimal', arg: fourDecimals(value) } }
}

type Named = Readonly<Record<string, number | undefined>>

export function longs(values: Named): Parameters {
  const all: Parameters = {}
  for (const name in values) putLong(all, name, values[name])
  return all
}

export function decimals(values: Named): Parameters {
  const all: Parameters = {}
  for (const name in values) putDecimal(all, name, values[name])
  return all
}

/** Never less than the value: a rule that it stay below a limit holds for what leaves. */
function fourDecimals(value: number): string {
  const near = value.toFixed(4)
  return Number(near) < value ? (Number(near) + 0.0001).toFixed(4) : near
}

/** The larger of those that are named. */
export function largest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other)
}
