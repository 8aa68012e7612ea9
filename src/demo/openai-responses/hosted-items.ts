// What OpenAI's own tools, and remote MCP servers named in the body, would have done: an item of each, always the same, so that
// clients see them. Nothing is searched, run or connected to.
import { lead, pieceEvents, type OutputItem } from './output-item.ts'
import type { Item, ResponseRequest } from './response-request.ts'

export interface Hosted {
  readonly items: readonly OutputItem[]
  /** What the text that follows has to cite. */
  readonly annotations: readonly object[]
}

interface Situation {
  readonly request: ResponseRequest
  readonly items: readonly Item[]
  readonly query: string
  /** Makes the ids: the number of the call. */
  readonly mark: string
}

type Tool = NonNullable<ResponseRequest['tools']>[number]

export function hostedItems(situation: Situation): Hosted {
  const all = (situation.request.tools ?? []).map((tool, index) =>
    hosted(tool, `${situation.mark}_${index}`, situation),
  )
  return { items: all.flatMap(({ items }) => items), annotations: all.flatMap(({ annotations }) => annotations) }
}

function hosted(tool: Tool, mark: string, situation: Situation): Hosted {
  switch (tool.type) {
    case 'web_search':
    case 'web_search_preview':
      return webSearch(`ws_${mark}`, situation)
    case 'file_search':
      return fileSearch(`fs_${mark}`, situation)
    case 'code_interpreter':
      return { items: [codeInterpreter(mark, situation)], annotations: [] }
    case 'image_generation':
      return { items: [imageGeneration(`ig_${mark}`)], annotations: [] }
    case 'mcp':
      return { items: mcp(tool, mark, situation), annotations: [] }
    default:
      return { items: [], annotations: [] }
  }
}

const includes = ({ request }: Situation, what: string): boolean => request.include?.includes(what) === true

function webSearch(id: string, situation: Situation): Hosted {
  const { query } = situation
  const url = 'https://example.com/'
  const sources = includes(situation, 'web_search_call.action.sources') ? { sources: [{ type: 'url', url }] } : {}
  const item = { id, type: 'web_search_call', action: { type: 'search', query, queries: [query], ...sources } }
  return {
    items: [steps(item, 'web_search_call', ['in_progress', 'searching', 'completed'])],
    annotations: [{ type: 'url_citation', start_index: 0, end_index: 1, url, title: 'A page' }],
  }
}

function fileSearch(id: string, situation: Situation): Hosted {
  const found = { file_id: 'file_demo', filename: 'notes.txt', score: 0.5, attributes: {}, text: 'A note of the demo.' }
  const results = includes(situation, 'file_search_call.results') ? [found] : null
  const item = { id, type: 'file_search_call', queries: [situation.query], results }
  return {
    items: [steps(item, 'file_search_call', ['in_progress', 'searching', 'completed'])],
    annotations: [{ type: 'file_citation', index: 0, file_id: 'file_demo', filename: 'notes.txt' }],
  }
}

function steps(item: { readonly id: string }, name: string, states: readonly string[]): OutputItem {
  return {
    id: item.id,
    opened: { ...item, status: 'in_progress' },
    done: { ...item, status: 'completed' },
    events: states.map((state) => lead(`${name}.${state}`)),
  }
}

function codeInterpreter(mark: string, situation: Situation): OutputItem {
  const code = 'print(1)'
  const logs = includes(situation, 'code_interpreter_call.outputs') ? [{ type: 'logs', logs: '1\n' }] : null
  const item = { id: `ci_${mark}`, type: 'code_interpreter_call', container_id: `cntr_${mark}` }
  return {
    id: item.id,
    opened: { ...item, status: 'in_progress', code: '', outputs: null },
    done: { ...item, status: 'completed', code, outputs: logs },
    events: [
      lead('code_interpreter_call.in_progress'),
      ...pieceEvents('code_interpreter_call_code.delta', [code]),
      lead('code_interpreter_call_code.done', { code }),
      lead('code_interpreter_call.interpreting'),
      lead('code_interpreter_call.completed'),
    ],
  }
}

// One transparent pixel.
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='

function imageGeneration(id: string): OutputItem {
  const item = { id, type: 'image_generation_call' }
  return {
    id,
    opened: { ...item, status: 'in_progress', result: null },
    done: { ...item, status: 'completed', result: PNG, output_format: 'png' },
    events: [
      lead('image_generation_call.in_progress'),
      lead('image_generation_call.generating'),
      lead('image_generation_call.partial_image', { partial_image_index: 0, partial_image_b64: PNG }),
      lead('image_generation_call.completed'),
    ],
  }
}

/** Lists the server's tools, then calls one where that needs no approval or was approved, else asks for it. */
function mcp(tool: Tool, mark: string, { items, query }: Situation): readonly OutputItem[] {
  const server_label = typeof tool['server_label'] === 'string' ? tool['server_label'] : 'server'
  const approved = items.some((each) => each.type === 'mcp_approval_response' && each['approve'] === true)
  const call = { name: 'ask', server_label, arguments: JSON.stringify({ query }) }
  if (tool['require_approval'] === 'never' || approved) {
    return [listTools(`mcpl_${mark}`, server_label), callTool(`mcp_${mark}`, call)]
  }
  const id = `mcpr_${mark}`
  const request = { id, type: 'mcp_approval_request', ...call }
  return [listTools(`mcpl_${mark}`, server_label), { id, opened: request, done: request, events: [] }]
}

function listTools(id: string, server_label: string): OutputItem {
  const input_schema = { type: 'object', properties: { query: { type: 'string' } } }
  const tools = [{ name: 'ask', description: 'Asks the demo.', input_schema, annotations: { read_only: true } }]
  const item = { id, type: 'mcp_list_tools', server_label }
  return {
    id,
    opened: { ...item, tools: [] },
    done: { ...item, tools },
    events: [lead('mcp_list_tools.in_progress'), lead('mcp_list_tools.completed')],
  }
}

interface McpCall {
  readonly name: string
  readonly server_label: string
  readonly arguments: string
}

function callTool(id: string, call: McpCall): OutputItem {
  const item = { id, type: 'mcp_call', ...call, approval_request_id: null, error: null }
  return {
    id,
    opened: { ...item, arguments: '', output: null, status: 'in_progress' },
    done: { ...item, output: 'An answer of the demo.', status: 'completed' },
    events: [
      lead('mcp_call.in_progress'),
      ...pieceEvents('mcp_call_arguments.delta', [call.arguments]),
      lead('mcp_call_arguments.done', { arguments: call.arguments }),
      lead('mcp_call.completed'),
    ],
  }
}
