// How hard the model is told to think: at the top of a request, and by items that change it from there on.
import { type ParameterLimit, REASONING_EFFORTS, type ReasoningEffort } from '#access/parameters.ts'
import { type JsonNode, type JsonObject, member } from '#lib/json-node.ts'
import { textIn } from '#protocols/openai-chat/fields.ts'
import { limitedEffort } from '#protocols/openai-limits.ts'
import { itemsIn } from './parts-of-request.ts'

/** `reasoning` of items that change the effort; where one names none, nothing changes. */
export const changesIn = (request: JsonNode): readonly JsonObject[] =>
  itemsIn(request).flatMap(({ node }) => {
    const reasoning = textIn(node, 'type') === 'configuration_update' ? member(node, 'reasoning') : undefined
    return reasoning?.kind === 'object' && textIn(reasoning, 'effort') !== undefined ? [reasoning] : []
  })

/** The most that a request asks for at any time, as it would leave under the limit. */
export function greatestEffort(
  request: JsonNode,
  limit: ParameterLimit<ReasoningEffort> | undefined,
): string | undefined {
  const asked = [member(request, 'reasoning'), ...changesIn(request)].map((each) => textIn(each, 'effort'))
  const leaving = asked.flatMap((effort) => limitedEffort(effort, limit) ?? [])
  return leaving.sort((left, right) => rankOf(right) - rankOf(left))[0]
}

/** A word that is not known here counts as more than any. */
function rankOf(effort: string): number {
  const rank = REASONING_EFFORTS.findIndex((each) => each === effort)
  return rank < 0 ? REASONING_EFFORTS.length : rank
}
