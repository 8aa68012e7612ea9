// What the official client makes of the gate's own words in the middle of a stream.
import { expect, test } from 'bun:test'
import OpenAI, { APIError } from 'openai'
import { Refusal } from '#access/refusal.ts'
import { openAiResponses } from './openai-responses.ts'

const clientOf = (events: readonly Uint8Array[]): OpenAI =>
  new OpenAI({
    apiKey: 'k',
    baseURL: 'http://127.0.0.1:1/v1',
    maxRetries: 0,
    fetch: async () => new Response(Buffer.concat(events), { headers: { 'content-type': 'text/event-stream' } }),
  })

const through = (...events: readonly object[]): readonly Uint8Array[] => {
  const read = openAiResponses.readStream('clinic')
  return events.map((event) => {
    const reading = read({ data: JSON.stringify(event) })
    return reading.compose([], [{ kind: 'aws-access-key', place: '/output/0/content/0/text' }])
  })
}

const at = { item_id: 'msg_1', output_index: 0, content_index: 0 }
const response = { id: 'resp_1', object: 'response', model: 'gpt-real', status: 'in_progress', output: [], tools: [] }
const part = { type: 'output_text', text: '', annotations: [] }
const message = { type: 'message', id: 'msg_1', role: 'assistant', status: 'in_progress', content: [] }
const beginning = [
  { type: 'response.created', response, sequence_number: 0 },
  { type: 'response.output_item.added', output_index: 0, item: message, sequence_number: 1 },
  { type: 'response.content_part.added', ...at, part, sequence_number: 2 },
  { type: 'response.output_text.delta', ...at, delta: 'Hi', logprobs: [], sequence_number: 3 },
]

test('it reads the stream, does not look at what was redacted, and knows the model by the caller’s name', async () => {
  const output = [{ ...message, status: 'completed', content: [{ ...part, text: 'Hi' }] }]
  const end = { type: 'response.completed', response: { ...response, status: 'completed', output }, sequence_number: 4 }
  const stream = clientOf(through(...beginning, end)).responses.stream({ model: 'clinic', input: 'x' })
  const final = await stream.finalResponse()
  expect([final.model, final.output_text, final.status]).toEqual(['clinic', 'Hi', 'completed'])
})

test('it throws on an interruption, with the gate’s reason', async () => {
  const refusal = new Refusal('provider_failed', { message: 'It broke.' })
  const events = [...through(...beginning), openAiResponses.interrupt(refusal, 'EX')]
  const seen: string[] = []
  const reading = (async () => {
    for await (const event of await clientOf(events).responses.create({ model: 'clinic', input: 'x', stream: true })) {
      seen.push(event.type)
    }
  })()
  const error = await reading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(APIError)
  expect(error).toMatchObject({ code: 'provider_failed', message: 'It broke. (exchange EX)' })
  expect(seen).toHaveLength(4)
  const whole = clientOf(events).responses.stream({ model: 'clinic', input: 'x' }).finalResponse()
  expect(
    await whole.then(
      () => 'complete',
      () => 'thrown',
    ),
  ).toBe('thrown')
})
