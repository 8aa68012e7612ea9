// Where parts, tools and schemas stand in a request: tools can be declared in the middle of a conversation, too.
import { type JsonNode, member } from '#lib/json-node.ts'
import { type Part, textIn } from '#protocols/openai-chat/fields.ts'
import { within } from '#protocols/shape.ts'

const NONE: readonly Part[] = []

/** Most lists that could stand somewhere do not. */
const listed = (at: string, node: JsonNode | undefined): readonly Part[] =>
  node?.kind === 'array' && node.items.length > 0 ? node.items.map(partOf(at)) : NONE

const partOf =
  (at: string) =>
  (node: JsonNode, index: number): Part => ({ at: `${at}[${index}]`, node })

const single = (at: string, node: JsonNode | undefined): readonly Part[] => (node ? [{ at, node }] : NONE)

export const itemsIn = (request: JsonNode): readonly Part[] => listed('input', member(request, 'input'))

/** Every content part: of messages, of what tools gave, and of what goes into a stored prompt. */
export function partsIn(request: JsonNode): readonly Part[] {
  const inItems = itemsIn(request).flatMap(({ at, node }) => {
    const output = member(node, 'output')
    return listed(`${at}.content`, member(node, 'content')).concat(
      listed(`${at}.summary`, member(node, 'summary')),
      output?.kind === 'object' ? single(`${at}.output`, output) : listed(`${at}.output`, output),
    )
  })
  const variables = member(member(request, 'prompt'), 'variables')
  if (variables?.kind !== 'object') return inItems
  return inItems.concat(
    variables.members.map(({ key, value }) => ({ at: within('prompt.variables', key), node: value })),
  )
}

/** Every tool, those in namespaces too, and without the namespaces. */
export function toolsIn(request: JsonNode): readonly Part[] {
  const first = listed('tools', member(request, 'tools'))
  const later = itemsIn(request).flatMap(toolsInItem)
  return first.length + later.length === 0 ? NONE : first.concat(later).flatMap(flattened)
}

const toolsInItem = ({ at, node }: Part): readonly Part[] =>
  textIn(node, 'type') === 'mcp_list_tools' ? NONE : listed(`${at}.tools`, member(node, 'tools'))

const flattened = (tool: Part): readonly Part[] =>
  textIn(tool.node, 'type') === 'namespace'
    ? listed(`${tool.at}.tools`, member(tool.node, 'tools')).flatMap(flattened)
    : [tool]

/** Every JSON schema. */
export function schemasIn(request: JsonNode): readonly Part[] {
  const ofTools = toolsIn(request).flatMap(({ at, node }) =>
    single(`${at}.parameters`, member(node, 'parameters')).concat(
      single(`${at}.output_schema`, member(node, 'output_schema')),
    ),
  )
  const ofItems = itemsIn(request).flatMap(({ at, node }) =>
    single(`${at}.text.format.schema`, formatSchema(node)).concat(
      listed(`${at}.tools`, member(node, 'tools')).flatMap((tool) =>
        single(`${tool.at}.input_schema`, member(tool.node, 'input_schema')),
      ),
    ),
  )
  return [...ofTools, ...ofItems, ...single('text.format.schema', formatSchema(request))]
}

const formatSchema = (holder: JsonNode): JsonNode | undefined =>
  member(member(member(holder, 'text'), 'format'), 'schema')
