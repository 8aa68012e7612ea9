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
  const holders = itemsOf(member(request, 'messages')).map((node, index) => ({ at: `messages[${index}]`, node }))
  const prediction = member(request, 'prediction')
  return [...holders, ...(prediction ? [{ at: 'prediction', node: prediction }] : [])].flatMap(({ at, node: holder }) =>
    itemsOf(member(holder, 'content')).map((node, place) => ({ at: `${at}.content[${place}]`, node })),
  )
}
