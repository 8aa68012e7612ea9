// What is set in a request on its way out: the model's name, the caller's pseudonym, and what the bundle limits.
import type { Settings } from '#access/protocol.ts'
import type { Edit } from '#access/text.ts'
import { type JsonObject, member } from '#lib/json-node.ts'
import { inOrder, replaced, withMember } from './edits.ts'
import { limited } from './parameters.ts'

export function modelEdit(request: JsonObject, model: string): Edit {
  return withMember(request, 'model', JSON.stringify(model))
}

export function requestEdits(request: JsonObject, { model, user, limits }: Settings): readonly Edit[] {
  const set = limited(request, limits)
  const edits = [modelEdit(request, model), userEdit(request, user)]
  if (set.maxTokens !== undefined) edits.push(withMember(request, 'max_tokens', String(set.maxTokens)))
  if (set.temperature !== undefined) edits.push(withMember(request, 'temperature', String(set.temperature)))
  if (set.effort !== undefined) edits.push(memberEdit(request, 'output_config', 'effort', JSON.stringify(set.effort)))
  const thinking = member(request, 'thinking')
  if (set.thinkingBudget !== undefined && thinking?.kind === 'object') {
    edits.push(withMember(thinking, 'budget_tokens', String(set.thinkingBudget)))
  }
  for (const { node, effort } of set.turnEfforts) edits.push(replaced(node, JSON.stringify(effort)))
  return inOrder(edits)
}

/** Anthropic is told of the person by `metadata.user_id` alone; what the caller wrote there is their own claim. */
const userEdit = (request: JsonObject, user: string): Edit =>
  memberEdit(request, 'metadata', 'user_id', JSON.stringify(user))

/** A member of an object that may be missing itself, or null. */
function memberEdit(request: JsonObject, outer: string, inner: string, json: string): Edit {
  const object = member(request, outer)
  if (object?.kind === 'object') return withMember(object, inner, json)
  return withMember(request, outer, `{${JSON.stringify(inner)}:${json}}`)
}
