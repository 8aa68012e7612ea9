import type { Act } from '#access/protocol.ts'
import { type JsonNode, type JsonObject, textOf } from '#lib/json-node.ts'
import { shownKey } from '#lib/json-path.ts'

const REFERENCES: ReadonlySet<string> = new Set(['$ref', '$dynamicRef', '$recursiveRef'])

/** Whether a schema refers to one outside itself (JSON Schema 2020-12, section 8.2.3): who resolves it, fetches it. */
export function refersElsewhere(node: JsonNode): boolean {
  if (node.kind === 'array') return node.items.some(refersElsewhere)
  if (node.kind !== 'object') return false
  return node.members.some(({ key, value }) =>
    value.kind === 'string' ? REFERENCES.has(key) && !textOf(value).startsWith('#') : refersElsewhere(value),
  )
}

// What is said, and what people choose the names of: a reference there is a word.
const NO_SCHEMAS: ReadonlySet<string> = new Set(['messages', 'input', 'prompt', 'metadata'])

const NO_ACTS: readonly Act[] = []

/** Of schemas that stand where none of `acts` has found them: servers take them under names of their own. */
export const actsOfReferences = (request: JsonObject, acts: readonly Act[]): readonly Act[] =>
  request.members.flatMap(({ key, value }): readonly Act[] => {
    // Most members hold nothing that could refer.
    if (value.kind !== 'object' && value.kind !== 'array') return NO_ACTS
    if (NO_SCHEMAS.has(key) || !refersElsewhere(value)) return NO_ACTS
    const known = acts.some(({ action, field }) => action === 'fetch-url' && /^[^.[]*/.exec(field)?.[0] === key)
    return known ? [] : [{ action: 'fetch-url', field: shownKey(key) }]
  })
