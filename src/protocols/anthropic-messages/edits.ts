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

/** Edits of ours and those of texts, where ours stand for the whole value: a text that we replace needs no other edit. */
export function besides(ours: readonly Edit[], ofTexts: readonly Edit[]): readonly Edit[] {
  const taken = new Set(ours.map(({ start }) => start))
  return inOrder([...ours, ...ofTexts.filter(({ start }) => !taken.has(start))])
}
