// A demo provider behind a socket and OpenAI's own client before it, for the tests of this folder.
import { afterAll, beforeAll, expect } from 'bun:test'
import OpenAI, { APIError } from 'openai'
import type { Response, ResponseStreamEvent } from 'openai/resources/responses/responses'
import { type Served, serveOn } from '#demo/listen.ts'
import { makeProvider } from '#demo/provider.ts'

export const model = 'any/name'

export interface Started {
  readonly url: () => string
  readonly client: () => OpenAI
  readonly ask: (input: string, more?: object) => Promise<Response>
  /** The events of a stream, which are numbered. */
  readonly events: (input: string, more?: object) => Promise<readonly ResponseStreamEvent[]>
  readonly types: (input: string, more?: object) => Promise<readonly string[]>
  /** Both ways of asking, and the client's own reading of the stream, which must come to the same but for the call's number. */
  readonly bothWays: (input: string, more?: object) => Promise<Response>
}

/** To be called at the top of a test file: the provider lives as long as its tests. */
export function startOpenAi(): Started {
  const provider = makeProvider({ credential: 'demo-key', now: () => 1_800_000_000_000 })
  let served: Served
  let client: OpenAI
  beforeAll(() => {
    served = serveOn({ host: '127.0.0.1', port: 0, fetch: provider.fetch })
    client = new OpenAI({ baseURL: `${served.url}/v1`, apiKey: 'demo-key', maxRetries: 0 })
  })
  afterAll(() => served.stop())

  const ask = (input: string, more: object = {}): Promise<Response> =>
    client.responses.create({ model, input, ...more })
  const events = async (input: string, more: object = {}): Promise<readonly ResponseStreamEvent[]> => {
    const all = await collect(await client.responses.create({ model, input, stream: true, ...more }))
    expect(all.map((event) => event.sequence_number)).toEqual(all.map((_, index) => index))
    return all
  }
  const types = async (input: string, more: object = {}): Promise<readonly string[]> =>
    (await events(input, more)).map((event) => event.type.replace('response.', ''))
  const bothWays = async (input: string, more: object = {}): Promise<Response> => {
    const whole = await ask(input, more)
    const streamed = await client.responses.stream({ model, input, ...more }).finalResponse()
    const last = (await events(input, more)).at(-1)
    const { output_text: _, ...expected } = plain(whole) as Response
    expect(plain(last && 'response' in last && last.response)).toEqual(expected)
    expect(plain(streamed)).toMatchObject({ ...expected, output_text: whole.output_text })
    return whole
  }
  return { url: () => served.url, client: () => client, ask, events, types, bothWays }
}

function plain(response: unknown): unknown {
  return JSON.parse(JSON.stringify(response).replaceAll(/_demo\d+/g, '_demo'))
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

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
