// Single fields of a request that was read by its shape; absent ones and nulls are undefined or empty.
import { type JsonNode, member, textOf } from '#lib/json-node.ts'

const NO_ITEMS: readonly JsonNode[] = []

export const itemsOf = (node: JsonNode | undefined): readonly JsonNode[] =>
  node?.kind === 'array' ? node.items : NO_ITEMS

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
  let parts: Part[] | undefined
  let at = 0
  for (const message of itemsOf(member(request, 'messages'))) {
    const content = member(message, 'content')
    // Mostly it is a string.
    if (content?.kind === 'array') addParts((parts ??= []), content.items, `messages[${at}]`)
    at++
  }
  const predicted = member(member(request, 'prediction'), 'content')
  if (predicted?.kind === 'array') addParts((parts ??= []), predicted.items, 'prediction')
  return parts ?? NO_PARTS
}

const NO_PARTS: readonly Part[] = []

function addParts(parts: Part[], nodes: readonly JsonNode[], at: string): void {
  let place = 0
  for (const node of nodes) parts.push({ at: `${at}.content[${place++}]`, node })
}
