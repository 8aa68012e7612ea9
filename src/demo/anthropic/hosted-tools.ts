// What Anthropic's own tools, and remote MCP servers named in the body, would have done: a call and a result of each, always
// the same, so that clients see their blocks. Nothing is searched, fetched or run.
import type { CountRequest } from './messages-request.ts'
import type { PlannedBlock } from './planned-block.ts'

interface Hosted {
  /** What the tool's type begins with. */
  readonly prefix: string
  readonly name: string
  readonly input: (query: string) => object
  readonly result: object
}

const FILE = { type: 'text', media_type: 'text/plain', data: 'A page of the demo.' }
const DOCUMENT = { type: 'document', title: 'A page', source: FILE, citations: { enabled: false } }

const HOSTED: readonly Hosted[] = [
  {
    prefix: 'web_search_',
    name: 'web_search',
    input: (query) => ({ query }),
    result: {
      type: 'web_search_tool_result',
      content: [
        {
          type: 'web_search_result',
          url: 'https://example.com/',
          title: 'A page',
          encrypted_content: 'ZGVtbw==',
          page_age: null,
        },
      ],
    },
  },
  {
    prefix: 'web_fetch_',
    name: 'web_fetch',
    input: () => ({ url: 'https://example.com/' }),
    result: {
      type: 'web_fetch_tool_result',
      content: { type: 'web_fetch_result', url: 'https://example.com/', retrieved_at: null, content: DOCUMENT },
    },
  },
  {
    prefix: 'code_execution_',
    name: 'code_execution',
    input: () => ({ code: 'print(1)' }),
    result: {
      type: 'code_execution_tool_result',
      content: { type: 'code_execution_result', stdout: '1\n', stderr: '', return_code: 0, content: [] },
    },
  },
]

const DIRECT = { caller: { type: 'direct' } }

/** `mark` makes the ids: the number of the call. */
export function hostedBlocks(request: CountRequest, query: string, mark: string): readonly PlannedBlock[] {
  const used = (request.tools ?? []).flatMap((tool) => HOSTED.filter(({ prefix }) => tool.type?.startsWith(prefix)))
  const tools = used.flatMap(({ name, input, result }, index): readonly PlannedBlock[] => {
    const id = `srvtoolu_${mark}_${index}`
    const caller = name === 'code_execution' ? {} : DIRECT
    return [
      {
        kind: 'call',
        fields: { type: 'server_tool_use', id, name, ...DIRECT },
        pieces: [JSON.stringify(input(query))],
      },
      { kind: 'fixed', block: { ...result, tool_use_id: id, ...caller } },
    ]
  })
  const servers = (request.mcp_servers ?? []).flatMap(({ name }, index): readonly PlannedBlock[] => {
    const id = `mcptoolu_${mark}_${index}`
    const content = [{ type: 'text', text: 'An answer of the demo.', citations: null }]
    const fields = { type: 'mcp_tool_use', id, name: 'ask', server_name: name }
    return [
      { kind: 'call', fields, pieces: [JSON.stringify({ query })] },
      { kind: 'fixed', block: { type: 'mcp_tool_result', tool_use_id: id, is_error: false, content } },
    ]
  })
  return [...tools, ...servers]
}
