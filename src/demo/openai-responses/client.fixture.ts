// A demo provider behind a socket and OpenAI's own client before it, for the tests of this folder.
import { afterAll, beforeAll } from 'bun:test'
import OpenAI, { APIError } from 'openai'
import { type Served, serveOn } from '#demo/listen.ts'
import { makeProvider } from '#demo/provider.ts'

export interface Started {
  readonly url: () => string
  readonly client: () => OpenAI
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
  return { url: () => served.url, client: () => client }
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
