import { type JsonNode, textOf } from '#lib/json-node.ts'

const REFERENCES: ReadonlySet<string> = new Set(['$ref', '$dynamicRef', '$recursiveRef'])

/** Whether a schema refers to one outside itself (JSON Schema 2020-12, section 8.2.3): who resolves it, fetches it. */
export function refersElsewhere(node: JsonNode): boolean {
  if (node.kind === 'array') return node.items.some(refersElsewhere)
  if (node.kind !== 'object') return false
  return node.members.some(({ key, value }) =>
    value.kind === 'string' ? REFERENCES.has(key) && !textOf(value).startsWith('#') : refersElsewhere(value),
  )
}
