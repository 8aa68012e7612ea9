import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createOpenAI } from '@ai-sdk/openai'
import { generateText, streamText } from 'ai'
import OpenAI, { RateLimitError } from 'openai'
import type { Completion, CompletionCreateParamsNonStreaming } from 'openai/resources/completions'
import { makeProvider } from '#demo/provider.ts'

const provider = makeProvider({ credential: 'demo-key', now: () => 1_800_000_000_000 })
let server: ReturnType<typeof Bun.serve>
let client: OpenAI

beforeAll(() => {
  server = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 0, development: false, fetch: provider.fetch })
  client = new OpenAI({ baseURL: `http://127.0.0.1:${server.port}/v1`, apiKey: 'demo-key', maxRetries: 0 })
})
afterAll(() => server.stop(true))

type Prompt = CompletionCreateParamsNonStreaming['prompt']

function complete(prompt: Prompt, more: object = {}): Promise<Completion> {
  return client.completions.create({ model: 'any', prompt, ...more })
}

async function texts(prompt: Prompt, more: object = {}): Promise<readonly string[]> {
  return (await complete(prompt, more)).choices.map(({ text }) => text)
}

async function chunks(prompt: Prompt, more: object = {}): Promise<readonly Completion[]> {
  const all: Completion[] = []
  for await (const chunk of await client.completions.create({ model: 'any', prompt, stream: true, ...more })) {
    all.push(chunk)
  }
  return all
}

test('a completion is its prompt, or what the prompt says', async () => {
  const whole = await complete('Good morning, world')
  expect(JSON.parse(JSON.stringify(whole)) as unknown).toEqual({
    id: expect.stringMatching(/^cmpl-demo\d+$/),
    object: 'text_completion',
    created: 1_800_000_000,
    model: 'any',
    system_fingerprint: 'fp_demo',
    choices: [{ text: 'Good morning, world', index: 0, logprobs: null, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 3, total_tokens: 6 },
  })
  expect(await texts('[[say:hello]]', { suffix: '.', best_of: 1 })).toEqual(['hello'])
})

test('several prompts, several choices each, tokens, and the prompt before its answer', async () => {
  const { choices } = await complete(['a', '[[say:b]]'], { n: 2 })
  expect(choices.map(({ index, text }) => `${index} ${text}`)).toEqual(['0 a', '1 a', '2 b', '3 b'])
  expect(await texts([1, 2, 3])).toEqual(['Received: 3 tokens.'])
  expect(await texts([[1], [2, 3]])).toEqual(['Received: 1 tokens.', 'Received: 2 tokens.'])
  expect(await texts('one [[say:two]]', { echo: true })).toEqual(['one [[say:two]]two'])
})

test('marks and limits end it, and it says so', async () => {
  const ended = async (more: object) => {
    const [choice] = (await complete('one two three', more)).choices
    return [choice?.text, choice?.finish_reason]
  }
  expect(await ended({ stop: ' three' })).toEqual(['one two', 'stop'])
  expect(await ended({ max_tokens: 2 })).toEqual(['one two ', 'length'])
})

test('choices take turns in a stream, which may count', async () => {
  const all = await chunks('[[say:ab]][[chunk:1]]', { n: 2, stream_options: { include_usage: true } })
  const said: unknown = all.flatMap(({ choices }) =>
    choices.map(({ index, text, finish_reason }) => [index, text, finish_reason]),
  )
  expect(said).toEqual([
    [0, 'a', null],
    [1, 'a', null],
    [0, 'b', null],
    [1, 'b', null],
    [0, '', 'stop'],
    [1, '', 'stop'],
  ])
  expect(all.at(-1)?.usage).toEqual({ prompt_tokens: 1, completion_tokens: 4, total_tokens: 5 })
})

test('log-probabilities stand at their places, whole and streamed', async () => {
  const expected = {
    tokens: ['one ', 'two'],
    token_logprobs: [-0.125, -0.125],
    top_logprobs: [
      { 'one ': -0.125, one1: -2.5 },
      { two: -0.125, two1: -2.5 },
    ],
    text_offset: [0, 4],
  }
  expect((await complete('one two', { logprobs: 2 })).choices[0]?.logprobs).toEqual(expected)
  const streamed = (await chunks('one two', { logprobs: 2 })).map(({ choices }) => choices[0]?.logprobs?.text_offset)
  expect(streamed).toEqual([[0], [4], undefined])
})

test('failures, before and in the middle', async () => {
  const caught = async (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => undefined,
      (error: unknown) => error,
    )
  expect(await caught(complete('[[status:429]]'))).toBeInstanceOf(RateLimitError)
  expect(await caught(chunks('one two [[fail:1]]'))).toMatchObject({ message: 'The demo was asked to fail.' })
  expect(await caught(chunks('one two [[die:1]]'))).toBeDefined()
  expect(await caught(complete('one two [[die:1]]'))).toBeDefined()
})

test('the other client completes, too', async () => {
  const openai = createOpenAI({ baseURL: `http://127.0.0.1:${server.port}/v1`, apiKey: 'demo-key' })
  const common = { model: openai.completion('any'), prompt: '[[say:one two]]', maxRetries: 0 }
  expect((await generateText(common)).text).toBe('one two')
  expect(await streamText(common).text).toBe('one two')
})
