// OpenAI's completions of the old kind as the demo provider speaks them, plain and streamed. Each prompt is answered with
// itself, as its own directives say; what they say of status and pace is taken from the last one.
import { askedFailure, deliverStream, deliverWhole, jsonParts } from '#demo/deliver.ts'
import { readDirectives } from '#demo/directives.ts'
import type { DemoProtocol, ModelCall } from '#demo/model-call.ts'
import { openAiError, openAiStreamFailure } from '#demo/openai/openai-error.ts'
import { openAiUsage } from '#demo/openai/openai-usage.ts'
import type { Part } from '#demo/paced-body.ts'
import { cut, untilStop, words } from '#demo/pieces.ts'
import { promptsOf, readCompletionRequest, type CompletionRequest } from './completion-request.ts'

export const openAiCompletions: DemoProtocol = {
  answer: answerCompletion,
  refuse: (status, message) => openAiError({ status, message }),
}

interface Choice {
  readonly index: number
  readonly pieces: readonly string[]
  readonly finish: 'stop' | 'length'
}

async function answerCompletion(call: ModelCall): Promise<Response> {
  const headers = { 'x-request-id': `req_demo_${call.number}` }
  const { request, problem } = readCompletionRequest(call.body)
  if (problem) return openAiError(problem, headers)
  const prompts = promptsOf(request.prompt)
  const directives = readDirectives(prompts.at(-1) ?? '')
  const failure = await askedFailure(directives, call)
  if (failure) return openAiError(failure, headers)
  const many = request.n ?? 1
  const choices = prompts.flatMap((prompt, position) =>
    Array.from({ length: many }, (_, index) => complete(request, prompt, position * many + index)),
  )
  const common = {
    id: `cmpl-demo${call.number}`,
    object: 'text_completion',
    created: call.created,
    model: request.model,
    system_fingerprint: 'fp_demo',
  }
  const read = prompts.reduce((sum, prompt) => sum + words(prompt).length, 0)
  const usage = openAiUsage(
    read,
    choices.reduce((sum, { pieces }) => sum + pieces.length, 0),
  )
  const delivery = { directives, call, headers }
  if (request.stream === true) {
    const parts = chunkParts(common, choices, { request, usage })
    return deliverStream(parts, { ...delivery, failure: openAiStreamFailure })
  }
  const whole = choices.map(({ index, pieces, finish }) => {
    return { text: pieces.join(''), index, logprobs: logprobsOf(request, pieces, 0), finish_reason: finish }
  })
  const json = JSON.stringify({ ...common, choices: whole, usage })
  return deliverWhole(jsonParts(json, 'text', choices[0]?.pieces ?? []), delivery)
}

function complete(request: CompletionRequest, prompt: string, index: number): Choice {
  const { say, rest, chunk } = readDirectives(prompt)
  const whole = cut(untilStop(say ?? rest, request.stop).text, chunk)
  const said = whole.slice(0, request.max_tokens ?? whole.length)
  const echoed = request.echo === true ? words(prompt) : []
  return { index, pieces: [...echoed, ...said], finish: said.length < whole.length ? 'length' : 'stop' }
}

interface Streamed {
  readonly request: CompletionRequest
  readonly usage: object
}

/** Choices take turns, piece by piece, so that a reader who mixes them up is found out. */
function* chunkParts(common: object, choices: readonly Choice[], { request, usage }: Streamed): Generator<Part> {
  const counted = request.stream_options?.include_usage === true
  const print = (fields: object): string =>
    `data: ${JSON.stringify({ ...common, ...(counted && { usage: null }), ...fields })}\n\n`
  const longest = Math.max(...choices.map(({ pieces }) => pieces.length))
  const offsets = choices.map(() => 0)
  for (let at = 0; at < longest; at += 1) {
    for (const { index, pieces } of choices) {
      const text = pieces[at]
      if (text === undefined) continue
      const logprobs = logprobsOf(request, [text], offsets[index] ?? 0)
      offsets[index] = (offsets[index] ?? 0) + text.length
      yield { kind: 'piece', text: print({ choices: [{ text, index, logprobs, finish_reason: null }] }) }
    }
  }
  for (const { index, finish } of choices) {
    yield { kind: 'end', text: print({ choices: [{ text: '', index, logprobs: null, finish_reason: finish }] }) }
  }
  if (counted) yield { kind: 'end', text: print({ choices: [], usage }) }
  yield { kind: 'end', text: 'data: [DONE]\n\n' }
}

/** Log-probabilities that mean nothing and never change; `offset` is where the first piece stands in the text. */
function logprobsOf({ logprobs }: CompletionRequest, tokens: readonly string[], offset: number): object | null {
  if (logprobs === null || logprobs === undefined) return null
  let at = offset
  const text_offset = tokens.map((token) => (at += token.length) - token.length)
  const alternatives = (token: string) =>
    Object.fromEntries(
      Array.from({ length: logprobs }, (_, index) =>
        index === 0 ? [token, -0.125] : [`${token.trimEnd()}${index}`, -2 - index / 2],
      ),
    )
  return { tokens, token_logprobs: tokens.map(() => -0.125), top_logprobs: tokens.map(alternatives), text_offset }
}
