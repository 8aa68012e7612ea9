// Which tools Anthropic itself runs. What the caller runs, the model only proposes: that is no act, unless code of the
// provider's is to call it.
import type { Act, ActAction } from '#access/protocol.ts'
import { type JsonNode, member, textOf } from '#lib/json-node.ts'
import { hostedName } from '#protocols/hosted-tools.ts'
import { itemsOf, type Part } from '#protocols/openai-chat/fields.ts'

// Of the caller's own tools the provider only proposes calls. Each type but the first ends in a date.
const OF_CALLER = /^(?:custom|(?:bash|text_editor|computer|computer_toolset|browser_toolset|memory)_\d{8})$/
const HOSTED: readonly (readonly [type: RegExp, action: ActAction])[] = [
  [/^web_search_/, 'web-search'],
  [/^web_fetch_/, 'fetch-url'],
  [/^code_execution_/, 'run-code'],
  [/^mcp_toolset/, 'use-mcp'],
]

export function actsOfTool({ at, node }: Part): readonly Act[] {
  const type = member(node, 'type')
  const typed = type !== undefined && type.kind !== 'null'
  const name = type?.kind === 'string' ? textOf(type) : ''
  const action = typed ? actionOf(name) : undefined
  const acts: Act[] = action === undefined ? [] : [{ action, field: `${at}.type` }]
  const callers = callersOf(node)
  const isCalledByCode = callers.some((caller) => caller.startsWith('code_execution'))
  if (action !== 'run-code' && isCalledByCode) acts.push({ action: 'run-code', field: `${at}.allowed_callers` })
  else if (OF_CODE.test(name) && !isDirect(callers)) acts.push({ action: 'run-code', field: `${at}.type` })
  return acts
}

/** Those that the provider runs, by the names under which calls of them are counted. */
export function hostedTools(request: JsonNode, tools: readonly Part[]): readonly string[] {
  const typed = tools.flatMap((tool) => (actsOfTool(tool).length > 0 ? typeOf(tool.node) : []))
  const served = itemsOf(member(request, 'mcp_servers')).length > 0 ? ['mcp'] : []
  return [...new Set([...typed.map(hostedName), ...served])]
}

const typeOf = (tool: JsonNode): string => {
  const type = member(tool, 'type')
  return type?.kind === 'string' ? textOf(type) : ''
}

function actionOf(type: string): ActAction | undefined {
  if (OF_CALLER.test(type)) return undefined
  return HOSTED.find(([pattern]) => pattern.test(type))?.[1] ?? 'use-hosted-tool'
}

/** From their second versions on, these filter what they find by code that the model writes, unless told to be called directly. */
const OF_CODE = /^web_(?:search_(?!20250305$)|fetch_(?!20250910$))/

const isDirect = (callers: readonly string[]): boolean => callers.length === 1 && callers[0] === 'direct'

const callersOf = (tool: JsonNode): readonly string[] =>
  itemsOf(member(tool, 'allowed_callers')).flatMap((each) => (each.kind === 'string' ? [textOf(each)] : []))
