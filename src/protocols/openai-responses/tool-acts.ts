// Which tools the provider itself runs, and on what. What the caller runs, the model only proposes: that is no act.
import type { Act } from '#access/protocol.ts'
import { type JsonNode, member, textOf } from '#lib/json-node.ts'
import { itemsOf, type Part, textIn } from '#protocols/openai-chat/fields.ts'
import { hostedName } from '#protocols/hosted-tools.ts'
import { actsOfMedia } from './media.ts'
import { toolsIn } from './parts-of-request.ts'

/** A tool of a type that is not known here is taken for the provider's own. */
export function actsOfTool({ at, node }: Part): readonly Act[] {
  const type = textIn(node, 'type') ?? ''
  const field = `${at}.type`
  if (type.startsWith('web_search')) return [{ action: 'web-search', field }]
  switch (type) {
    case 'function':
    case 'custom':
    case 'local_shell':
    case 'apply_patch':
      return []
    case 'tool_search':
      return textIn(node, 'execution') === 'client' ? [] : [{ action: 'use-hosted-tool', field }]
    case 'file_search':
      return searches(at, node)
    case 'code_interpreter':
      return runsIn(`${at}.container`, member(node, 'container'), field)
    case 'shell':
      return runsIn(`${at}.environment`, member(node, 'environment'), field)
    case 'programmatic_tool_calling':
      return [{ action: 'run-code', field }]
    case 'mcp':
      return [{ action: 'use-mcp', field }]
    case 'image_generation': {
      const mask = member(node, 'input_image_mask')
      return [{ action: 'use-hosted-tool', field }, ...(mask ? actsOfMedia(`${at}.input_image_mask`, mask) : [])]
    }
    default:
      return [{ action: 'use-hosted-tool', field }]
  }
}

const IDS = 'vector_store_ids'

function searches(at: string, node: JsonNode): readonly Act[] {
  const stores = texts(member(node, IDS))
  if (stores.length === 0) return [{ action: 'search-files', field: `${at}.type` }]
  return stores.map((id, index) => ({ action: 'search-files', field: `${at}.${IDS}[${index}]`, id }))
}

/** A shell that is not said to be the caller's own runs at the provider. */
function runsIn(at: string, where: JsonNode | undefined, field: string): readonly Act[] {
  if (where?.kind === 'string') return [{ action: 'run-code', field: at, id: textOf(where) }]
  const type = textIn(where, 'type')
  if (type === 'local') return []
  const id = textIn(where, 'container_id')
  const runs: Act =
    id === undefined ? { action: 'run-code', field } : { action: 'run-code', field: `${at}.container_id`, id }
  return [runs, ...givenTo(at, where)]
}

/** What a new container is given: files and skills that the provider holds, and a way out into the network. */
function givenTo(at: string, container: JsonNode | undefined): readonly Act[] {
  const files = texts(member(container, 'file_ids')).map((id, index): Act => ({
    action: 'use-file',
    field: `${at}.file_ids[${index}]`,
    id,
  }))
  const skills = itemsOf(member(container, 'skills')).flatMap((skill, index): readonly Act[] => {
    const id = textIn(skill, 'skill_id')
    return id === undefined ? [] : [{ action: 'use-file', field: `${at}.skills[${index}].skill_id`, id }]
  })
  const network = textIn(member(container, 'network_policy'), 'type')
  const reached: readonly Act[] =
    network === undefined || network === 'disabled' ? [] : [{ action: 'fetch-url', field: `${at}.network_policy` }]
  return [...files, ...skills, ...reached]
}

const texts = (node: JsonNode | undefined): readonly string[] =>
  itemsOf(node).flatMap((each) => (each.kind === 'string' ? [textOf(each)] : []))

/** Choosing a tool of the provider's is asking for it, wherever it may be declared. */
export function actsOfChoice(choice: JsonNode | undefined): readonly Act[] {
  if (choice?.kind !== 'object') return []
  if (textIn(choice, 'type') !== 'allowed_tools') return chosen({ at: 'tool_choice', node: choice })
  return itemsOf(member(choice, 'tools')).flatMap((node, index) => chosen({ at: `tool_choice.tools[${index}]`, node }))
}

/** Those that the provider runs, by the names under which calls of them are counted. */
export const hostedTools = (request: JsonNode): readonly string[] => [
  ...new Set(
    toolsIn(request).flatMap((tool) =>
      actsOfTool(tool).length > 0 ? hostedName(textIn(tool.node, 'type') ?? '') : [],
    ),
  ),
]

// What these run in, or search, only their declaration says.
const chosen = ({ at, node }: Part): readonly Act[] =>
  textIn(node, 'type') === 'shell' || textIn(node, 'type') === 'tool_search' ? [] : actsOfTool({ at, node })
