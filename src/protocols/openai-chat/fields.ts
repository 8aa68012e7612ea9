// Single fields of a request that was read by its shape; absent ones and nulls are undefined or empty.
import { type JsonNode, member, textOf } from '#lib/json-node.ts'

export const itemsOf = (node: JsonNode | undefined): readonly JsonNode[] => (node?.kind === 'array' ? node.items : [])

export const isTrue = (node: JsonNode | undefined): boolean => node?.kind === 'boolean' && node.value

export function textIn(node: JsonNode | undefined, key: string): string | undefined {
  const value = member(node, key)
  return value?.kind === 'string' ? textOf(value) : undefined
}

export function numberIn(node: JsonNode | undefined, key: string): number | undefined {
  const value = member(node, key)
  return value?.kind === 'number' ? Number(textOf(value)) : undefined
}

export interface Part {
  readonly at: string
  readonly node: JsonNode
}

/** Every content part: of messages, and of what the answer is predicted to be. */
export function partsIn(request: JsonNode): readonly Part[] {
  const parts: Part[] = []
  for (const [index, message] of itemsOf(member(request, 'messages')).entries()) {
    addParts(parts, message, `messages[${index}]`)
  }
  const prediction = member(request, 'prediction')
  if (prediction) addParts(parts, prediction, 'prediction')
  return parts
}

function addParts(parts: Part[], holder: JsonNode, at: string): void {
  for (const [place, node] of itemsOf(member(holder, 'content')).entries()) {
    parts.push({ at: `${at}.content[${place}]`, node })
  }
}
