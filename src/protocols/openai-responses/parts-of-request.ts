// Where parts, tools and schemas stand in a request: tools can be declared in the middle of a conversation, too.
import { type JsonNode, member } from '#lib/json-node.ts'
import { itemsOf, type Part, textIn } from '#protocols/openai-chat/fields.ts'
import { within } from '#protocols/shape.ts'

const listed = (at: string, node: JsonNode | undefined): readonly Part[] =>
  itemsOf(node).map((each, index) => ({ at: `${at}[${index}]`, node: each }))

const single = (at: string, node: JsonNode | undefined): readonly Part[] => (node ? [{ at, node }] : [])

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
  const inPrompt = (variables?.kind === 'object' ? variables.members : []).map(({ key, value }) => ({
    at: within('prompt.variables', key),
    node: value,
  }))
  return [...inItems, ...inPrompt]
}

/** Every tool, those in namespaces too, and without the namespaces. */
export function toolsIn(request: JsonNode): readonly Part[] {
  const later = itemsIn(request).filter(({ node }) => textIn(node, 'type') !== 'mcp_list_tools')
  return [
    ...listed('tools', member(request, 'tools')),
    ...later.flatMap(({ at, node }) => listed(`${at}.tools`, member(node, 'tools'))),
  ].flatMap(flattened)
}

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
