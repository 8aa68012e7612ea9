// A request's parameters under the limits that a bundle sets: as policy sees them, and as they leave.
import type { ParameterLimits } from '#access/parameters.ts'
import type { RecordValue } from '#access/value.ts'
import { type JsonNode, type JsonObject, member, textOf } from '#lib/json-node.ts'
import { itemsOf, numberIn, textIn } from '#protocols/openai-chat/fields.ts'
import { decimals, limited, longs, UNNAMED_TEMPERATURE, UNNAMED_TOKENS } from '#protocols/openai-limits.ts'
import { greatestEffort, refuseOtherReasoning } from './effort.ts'
import { itemsIn, toolsIn } from './parts-of-request.ts'

export const outputTokensUnder = (request: JsonNode, { maxOutputTokens }: ParameterLimits): number | undefined =>
  limited(numberIn(request, 'max_output_tokens'), maxOutputTokens, UNNAMED_TOKENS)

export const temperatureUnder = (request: JsonNode, { temperature }: ParameterLimits): number | undefined =>
  limited(numberIn(request, 'temperature'), temperature, UNNAMED_TEMPERATURE)

export function parametersUnder(request: JsonObject, limits: ParameterLimits): RecordValue {
  refuseOtherReasoning(request, limits.reasoningEffort)
  const effort = greatestEffort(request, limits.reasoningEffort)
  const format = formatOf(request)
  return {
    tools: BigInt(toolsIn(request).length),
    logprobs: asksLogprobs(request),
    ...longs({ max_output_tokens: outputTokensUnder(request, limits) }),
    ...decimals({ temperature: temperatureUnder(request, limits), top_p: numberIn(request, 'top_p') }),
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
    ...(format === undefined ? {} : { response_format: format }),
  }
}

function asksLogprobs(request: JsonNode): boolean {
  if ((numberIn(request, 'top_logprobs') ?? 0) > 0) return true
  return itemsOf(member(request, 'include')).some(
    (each) => each.kind === 'string' && textOf(each) === 'message.output_text.logprobs',
  )
}

/** The last that is asked for: an item of the conversation can change it. */
function formatOf(request: JsonNode): string | undefined {
  const changes = itemsIn(request).filter(({ node }) => textIn(node, 'type') === 'configuration_update')
  return [request, ...changes.map(({ node }) => node)]
    .map((holder) => textIn(member(member(holder, 'text'), 'format'), 'type'))
    .findLast((format) => format !== undefined)
}
