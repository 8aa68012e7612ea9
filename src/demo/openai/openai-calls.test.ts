import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createOpenAI } from '@ai-sdk/openai'
import { cosineSimilarity, embedMany } from 'ai'
import OpenAI, { BadRequestError } from 'openai'
import { makeProvider } from '#demo/provider.ts'

const provider = makeProvider({ credential: 'demo-key' })
let server: ReturnType<typeof Bun.serve>
let client: OpenAI

beforeAll(() => {
  server = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 0, development: false, fetch: provider.fetch })
  client = new OpenAI({ baseURL: `http://127.0.0.1:${server.port}/v1`, apiKey: 'demo-key', maxRetries: 0 })
})
afterAll(() => server.stop(true))

async function refused(call: PromiseLike<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  )
}

test('the same text has the same unit vector, and another text another one', async () => {
  const { data, usage, model } = await client.embeddings.create({
    model: 'any',
    input: ['one two', 'three', 'one two'],
  })
  expect([model, usage]).toEqual(['any', { prompt_tokens: 5, total_tokens: 5 }])
  const [first, second, third] = data.map(({ embedding }) => embedding)
  if (!first || !second || !third) throw new Error('an embedding is missing')
  expect(first.length).toBe(1_536)
  expect(Math.hypot(...first)).toBeCloseTo(1, 5)
  expect(first).toEqual(third)
  expect(Math.abs(cosineSimilarity(first, second))).toBeLessThan(0.2)
})

test('numbers and base64 say the same, and a shorter vector is the beginning of the long one', async () => {
  const embed = async (more: object): Promise<readonly number[]> =>
    (await client.embeddings.create({ model: 'any', input: 'one', ...more })).data[0]?.embedding ?? []
  const floats = await embed({ encoding_format: 'float', dimensions: 4 })
  const decoded = await embed({ dimensions: 4 })
  expect(floats.length).toBe(4)
  expect(decoded).toEqual(floats as number[])
  const long = await embed({ encoding_format: 'float', dimensions: 8 })
  const ratio = (long[0] ?? 0) / (floats[0] ?? 1)
  expect((long[3] ?? 0) / (floats[3] ?? 1)).toBeCloseTo(ratio, 4)
  const raw = client.embeddings.create({ model: 'any', input: 'one', encoding_format: 'base64', dimensions: 4 })
  const { data } = (await (await raw.asResponse()).json()) as { data: { embedding: string }[] }
  expect(Buffer.from(data[0]?.embedding ?? '', 'base64').length).toBe(16)
})

test('tokens are embedded, one text of them or several', async () => {
  const one = await client.embeddings.create({ model: 'any', input: [1, 2, 3] })
  expect([one.data.length, one.usage.prompt_tokens]).toEqual([1, 3])
  const two = await client.embeddings.create({ model: 'any', input: [[1, 2, 3], [4]] })
  expect([two.data.length, two.usage.prompt_tokens]).toEqual([2, 4])
  expect(two.data[0]?.embedding).toEqual(one.data[0]?.embedding as number[])
  expect(await refused(client.embeddings.create({ model: 'any', input: [] }))).toBeInstanceOf(BadRequestError)
  expect(await refused(client.embeddings.create({ model: 'any', input: '[[status:503]]' }))).toMatchObject({
    status: 503,
  })
})

test('the other client embeds, too', async () => {
  const openai = createOpenAI({ baseURL: `http://127.0.0.1:${server.port}/v1`, apiKey: 'demo-key' })
  const { embeddings } = await embedMany({ model: openai.embeddingModel('any'), values: ['a', 'b'], maxRetries: 0 })
  expect(embeddings.map(({ length }) => length)).toEqual([1_536, 1_536])
})

test('a text is flagged for the words that it holds', async () => {
  const { results, model, id } = await client.moderations.create({ input: ['good morning', 'I will harm you'] })
  expect([model, id]).toEqual(['omni-moderation-latest', expect.stringMatching(/^modr-demo\d+$/)])
  expect(results.map(({ flagged }) => flagged)).toEqual([false, true])
  const harmed = results[1]
  expect([harmed?.categories.violence, harmed?.categories.hate, harmed?.category_scores.violence]).toEqual([
    true,
    false,
    0.99,
  ])
  expect(Object.keys(results[0]?.categories ?? {}).length).toBe(13)
})

test('text and image of one input are judged together', async () => {
  const image = { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,AA==' } }
  const { results } = await client.moderations.create({ input: [{ type: 'text', text: 'self-harm' }, image] })
  expect(results.length).toBe(1)
  expect(results[0]?.categories['self-harm']).toBe(true)
  expect(results[0]?.category_applied_input_types['self-harm']).toEqual(['text', 'image'])
  expect(results[0]?.category_applied_input_types.hate).toEqual(['text'])
})
