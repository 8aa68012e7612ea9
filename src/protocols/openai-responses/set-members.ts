import type { Edit } from '#access/text.ts'
import type { JsonObject } from '#lib/json-node.ts'

const encoder = new TextEncoder()

/** Gives members of an object these values, which are JSON: in their place, or behind all others. In order of place. */
export function setMembers(node: JsonObject, values: ReadonlyMap<string, string>): readonly Edit[] {
  const edits: Edit[] = []
  const present = new Set<string>()
  for (const { key, value } of node.members) {
    const json = values.get(key)
    if (json === undefined) continue
    present.add(key)
    edits.push({ start: value.start, end: value.end, with: encoder.encode(json) })
  }
  const added = [...values].filter(([key]) => !present.has(key)).map(([key, json]) => `${JSON.stringify(key)}:${json}`)
  if (added.length === 0) return edits
  const comma = node.members.length > 0 ? ',' : ''
  const behind = node.end - 1
  return [...edits, { start: behind, end: behind, with: encoder.encode(comma + added.join(',')) }]
}
