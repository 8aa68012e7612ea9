// Edits of single members of a JSON object: what stands is replaced, what is missing comes last.
import type { Edit } from '#access/text.ts'
import type { JsonNode, JsonObject } from '#lib/json-node.ts'
import { addition } from '#protocols/openai-settings.ts'

const encoder = new TextEncoder()

export const replaced = (node: JsonNode, json: string): Edit => ({
  start: node.start,
  end: node.end,
  with: encoder.encode(json),
})

/** A member with this JSON as its value, in place of the one of that name or as the last. */
export function withMember(object: JsonObject, name: string, json: string): Edit {
  const found = object.members.find(({ key }) => key === name)
  if (found) return replaced(found.value, json)
  return addition(object, `${JSON.stringify(name)}:${json}`)
}

export const inOrder = (edits: readonly Edit[]): readonly Edit[] =>
  edits.toSorted((one, other) => one.start - other.start || one.end - other.end)

/** Edits of both kinds; where they touch the same bytes, ours stand. Each kind by itself has no overlaps. */
export function besides(ours: readonly Edit[], ofTexts: readonly Edit[]): readonly Edit[] {
  const own = inOrder(ours)
  let next = 0
  const beside = inOrder(ofTexts).filter(({ start, end }) => {
    while ((own[next]?.end ?? Number.POSITIVE_INFINITY) <= start) next++
    return end <= (own[next]?.start ?? Number.POSITIVE_INFINITY)
  })
  return inOrder([...own, ...beside])
}
