// How hard the model is told to think: at the top of a request, and by items that change it from there on.
import { type ParameterLimit, REASONING_EFFORTS, type ReasoningEffort } from '#access/parameters.ts'
import { Refusal } from '#access/refusal.ts'
import { type JsonMember, type JsonNode, type JsonObject, member, textOf } from '#lib/json-node.ts'
import { textIn } from '#protocols/openai-chat/fields.ts'
import { limitedEffort, refuseOtherEfforts } from '#protocols/openai-limits.ts'
import { within } from '#protocols/shape.ts'
import { itemsIn } from './parts-of-request.ts'

/** `reasoning` of items that change the effort; where one names none, nothing changes. */
export const changesIn = (request: JsonNode): readonly JsonObject[] =>
  itemsIn(request).flatMap(({ node }) => {
    const reasoning = textIn(node, 'type') === 'configuration_update' ? member(node, 'reasoning') : undefined
    return reasoning?.kind === 'object' && textIn(reasoning, 'effort') !== undefined ? [reasoning] : []
  })

// What of `reasoning` says something else than how much is thought.
const BESIDE: ReadonlySet<string> = new Set(['effort', 'context', 'generate_summary', 'summary'])

/** Under a limit, throws a Refusal for whatever else would set the effort: another field, or another kind of thinking. */
export function refuseOtherReasoning(request: JsonObject, limit: ParameterLimit<ReasoningEffort> | undefined): void {
  if (!limit) return
  refuseOtherEfforts(request, limit, 'reasoning')
  const changes = itemsIn(request).filter(({ node }) => textIn(node, 'type') === 'configuration_update')
  const holders = [{ at: '', node: request }, ...changes]
  for (const { at, node } of holders) {
    const reasoning = member(node, 'reasoning')
    const other = reasoning?.kind === 'object' ? reasoning.members.find(isOther) : undefined
    if (other) throw roundTheLimit(within(at === '' ? 'reasoning' : `${at}.reasoning`, other.key))
  }
}

function isOther({ key, value }: JsonMember): boolean {
  if (BESIDE.has(key) || value.kind === 'null') return false
  return key !== 'mode' || value.kind !== 'string' || textOf(value) !== 'standard'
}

const roundTheLimit = (field: string): Refusal =>
  new Refusal('invalid_field', {
    message: `\`${field}\` would go round the limit of this model's reasoning effort; leave it out.`,
    field,
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
