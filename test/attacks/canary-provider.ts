// A provider that writes whatever bytes a test hands it onto the connection, status line and all, and remembers what it was
// asked, whole. Where it is handed nothing it answers each route properly, and repeats nothing of what it was asked.
import { once } from 'node:events'
import { createServer, type IncomingMessage, STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Of the next requests, until there is another: bytes to write, and whether the connection then breaks. */
export interface Bytes {
  readonly text: string
  readonly breaks?: boolean
}

export interface CanaryProvider {
  readonly url: string
  script: Bytes | undefined
  /** Request lines, headers and bodies of all that was asked. */
  readonly asked: readonly string[]
  stop(): Promise<void>
}

export async function startCanaryProvider(): Promise<CanaryProvider> {
  const asked: string[] = []
  const made: { script: Bytes | undefined } = { script: undefined }
  const serve = async (request: IncomingMessage): Promise<void> => {
    const body = await bodyOf(request)
    asked.push([`${request.method} ${request.url}`, ...request.rawHeaders, body].join('\n'))
    const proper = PROPER.find(([path]) => request.url?.includes(path))?.[1]
    const { text, breaks } = made.script ?? { text: whole({}, proper ?? {}), breaks: false }
    const { socket } = request
    if (breaks === true) socket.write(text, () => setTimeout(() => socket.resetAndDestroy(), 20))
    else socket.end(text)
  }
  const server = createServer((request) => void serve(request))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return Object.assign(made, {
    url: `http://127.0.0.1:${port}`,
    asked,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  })
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks).toString('latin1')
}

export const CHAT_ANSWER = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'theirs',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
}
export const MESSAGE_ANSWER = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'theirs',
  content: [{ type: 'text', text: 'Hi' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
}
export const RESPONSE_ANSWER = {
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  model: 'theirs',
  status: 'completed',
  error: null,
  output: [
    {
      type: 'message',
      id: 'item_1',
      status: 'completed',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'Hi', annotations: [] }],
    },
  ],
  usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
}

/** The first that fits. */
const PROPER: readonly (readonly [path: string, answer: object])[] = [
  ['/chat/completions', CHAT_ANSWER],
  ['/messages/count_tokens', { input_tokens: 1 }],
  ['/messages', MESSAGE_ANSWER],
  ['/responses/input_tokens', { object: 'response.input_tokens', input_tokens: 1 }],
  ['/responses/compact', { id: 'cmp_1', object: 'response.compaction', created_at: 1, output: [] }],
  ['/input_items', { object: 'list', data: [], first_id: null, last_id: null, has_more: false }],
  ['/responses', RESPONSE_ANSWER],
  [
    '/completions',
    { id: 'cmpl-1', object: 'text_completion', created: 1, model: 'theirs', choices: [{ index: 0, text: 'Hi' }] },
  ],
  ['/embeddings', { object: 'list', model: 'theirs', data: [{ object: 'embedding', index: 0, embedding: [0.5] }] }],
  [
    '/moderations',
    { id: 'modr-1', model: 'theirs', results: [{ flagged: false, categories: {}, category_scores: {} }] },
  ],
]

export interface Head {
  readonly status?: number
  /** Behind the status. */
  readonly words?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A whole answer; an object as JSON. */
export function whole({ status = 200, words, headers = {} }: Head, body: object | string): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return (
    line(status, words) +
    lines({ 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)), ...headers }) +
    text
  )
}

/** An event stream; its end is that of the connection. */
export function stream(text: string, { status = 200, words, headers = {} }: Head = {}): string {
  return line(status, words) + lines({ 'content-type': 'text/event-stream', ...headers }) + text
}

const line = (status: number, words = STATUS_CODES[status] ?? 'Odd'): string => `HTTP/1.1 ${status} ${words}\r\n`

const lines = (headers: Readonly<Record<string, string>>): string =>
  `${Object.entries({ ...headers, connection: 'close' })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`
