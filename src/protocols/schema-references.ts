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

/** With those of schemas that stand where none of `acts` has found them: servers take them under names of their own. */
export function withActsOfReferences(request: JsonObject, acts: readonly Act[]): readonly Act[] {
  let more: Act[] | undefined
  for (const { key, value } of request.members) {
    // Most members hold nothing that could refer.
    if ((value.kind !== 'object' && value.kind !== 'array') || NO_SCHEMAS.has(key) || !refersElsewhere(value)) continue
    if (!isFound(acts, key)) (more ??= []).push({ action: 'fetch-url', field: shownKey(key) })
  }
  return more ? [...acts, ...more] : acts
}

const isFound = (acts: readonly Act[], key: string): boolean =>
  acts.some(({ action, field }) => action === 'fetch-url' && /^[^.[]*/.exec(field)?.[0] === key)
