// A demo provider behind a socket and Anthropic's own client before it, for the tests of this folder.
import { afterAll, beforeAll, expect } from 'bun:test'
import Anthropic, { APIError } from '@anthropic-ai/sdk'
import { type Served, serveOn } from '#demo/listen.ts'
import { makeProvider } from '#demo/provider.ts'

export const common = { model: 'claude-clinic', max_tokens: 100 }

export function user(content: Anthropic.MessageParam['content']): Anthropic.MessageParam {
  return { role: 'user', content }
}

export interface Conversation {
  readonly url: () => string
  readonly client: () => Anthropic
  readonly ask: (text: string, more?: object) => Promise<Anthropic.Message>
  /** Both ways of asking, which must come to the same but for the call's number in their ids. */
  readonly bothWays: (text: string, more?: object) => Promise<Anthropic.Message>
}

/** To be called at the top of a test file: the provider lives as long as its tests. */
export function startConversation(): Conversation {
  const provider = makeProvider({ credential: 'demo-key', models: ['claude-clinic'], now: () => 1_800_000_000_000 })
  let served: Served
  let client: Anthropic
  const url = () => served.url
  beforeAll(() => {
    served = serveOn({ host: '127.0.0.1', port: 0, fetch: provider.fetch })
    client = new Anthropic({ baseURL: url(), apiKey: 'demo-key', maxRetries: 0 })
  })
  afterAll(() => served.stop())

  const ask = (text: string, more: object = {}): Promise<Anthropic.Message> =>
    client.messages.create({ ...common, messages: [user(text)], ...more })
  const bothWays = async (text: string, more: object = {}): Promise<Anthropic.Message> => {
    const whole = await ask(text, more)
    const streamed = await client.messages.stream({ ...common, messages: [user(text)], ...more }).finalMessage()
    expect(plain({ ...streamed, parsed_output: undefined })).toEqual(plain(whole))
    return whole
  }
  return { url, client: () => client, ask, bothWays }
}

function plain(message: object): unknown {
  return JSON.parse(JSON.stringify(message).replaceAll(/_demo\d+/g, '_demo'))
}

/** What the client throws; its promises are too much their own for `rejects`. */
export async function thrown(call: PromiseLike<unknown>): Promise<APIError> {
  const error = await call.then(
    () => undefined,
    (each: unknown) => each,
  )
  if (!(error instanceof APIError)) throw new Error(`no error of the API: ${String(error)}`)
  return error
}
