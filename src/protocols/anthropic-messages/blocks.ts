// Every content block of a request, wherever blocks stand in blocks: in a tool's result, in a document, in what a hosted
// tool gave, in what a compaction kept. What a tool is called with is its own, and holds none.
import { type JsonNode, member } from '#lib/json-node.ts'
import { itemsOf, type Part, textIn } from '#protocols/openai-chat/fields.ts'

/** Blocks, their sources, and whatever else stands in them as an object: a provider may look at the fields alone. */
export function blocksIn(request: JsonNode): readonly Part[] {
  const found: Part[] = []
  each(member(request, 'system'), 'system', found)
  for (const [index, message] of itemsOf(member(request, 'messages')).entries()) {
    each(member(message, 'content'), `messages[${index}].content`, found)
  }
  return found
}

// These hold a tool's own words, or a schema.
const FOREIGN: ReadonlySet<string> = new Set(['input', 'input_schema', 'input_examples', 'definition', 'trigger'])

function each(node: JsonNode | undefined, at: string, found: Part[]): void {
  if (node?.kind === 'array') for (const [index, item] of node.items.entries()) each(item, `${at}[${index}]`, found)
  if (node?.kind !== 'object') return
  found.push({ at, node })
  for (const { key, value } of node.members) if (!FOREIGN.has(key)) each(value, `${at}.${key}`, found)
}

/** The tools that a request declares, and those that a turn of it adds. `blocks` are the request's. */
export function toolsIn(request: JsonNode, blocks: readonly Part[]): readonly Part[] {
  const declared = itemsOf(member(request, 'tools')).map((node, index) => ({ at: `tools[${index}]`, node }))
  const added = blocks.flatMap(({ at, node }): readonly Part[] => {
    const definition = textIn(node, 'type') === 'tool_definition' ? member(node, 'definition') : undefined
    return definition ? [{ at: `${at}.definition`, node: definition }] : []
  })
  return [...declared, ...added]
}
