// OpenAI's embeddings as the demo provider answers them: unit vectors made of a hash of the text. The same text has the same
// vector, a shorter one is the beginning of it made a unit again, and nothing else about them means anything.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { askedFailure, deliverWhole } from '#demo/deliver.ts'
import { readDirectives } from '#demo/directives.ts'
import type { DemoProtocol, ModelCall } from '#demo/model-call.ts'
import { words } from '#demo/pieces.ts'
import { readBodyAs } from './openai-body.ts'
import { openAiError } from './openai-error.ts'

const DIMENSIONS = 1_536
const tokens = z.array(z.int().min(0)).min(1)

const embeddingRequest = z.looseObject({
  model: z.string().min(1),
  input: z.union([z.string().min(1), z.array(z.string().min(1)).min(1), tokens, z.array(tokens).min(1)]),
  dimensions: z.int().min(1).max(4_096).nullish(),
  encoding_format: z.enum(['float', 'base64']).nullish(),
})

type Input = z.infer<typeof embeddingRequest>['input']

export const openAiEmbeddings: DemoProtocol = {
  answer: answerEmbeddings,
  refuse: (status, message) => openAiError({ status, message }),
}

async function answerEmbeddings(call: ModelCall): Promise<Response> {
  const headers = { 'x-request-id': `req_demo_${call.number}` }
  const { request, problem } = readBodyAs(embeddingRequest, call.body)
  if (problem) return openAiError(problem, headers)
  const inputs = inputsOf(request.input)
  const last = inputs.at(-1)
  const directives = readDirectives(typeof last === 'string' ? last : '')
  const failure = await askedFailure(directives, call)
  if (failure) return openAiError(failure, headers)
  const data = inputs.map((input, index) => {
    const vector = embed(typeof input === 'string' ? input : JSON.stringify(input), request.dimensions ?? DIMENSIONS)
    const embedding = request.encoding_format === 'base64' ? base64Of(vector) : [...vector]
    return { object: 'embedding', index, embedding }
  })
  const read = inputs.reduce((sum, each) => sum + (typeof each === 'string' ? words(each).length : each.length), 0)
  const usage = { prompt_tokens: read, total_tokens: read }
  const answer = { object: 'list', data, model: request.model, usage }
  return deliverWhole([{ kind: 'piece', text: JSON.stringify(answer) }], { directives, call, headers })
}

function inputsOf(input: Input): readonly (string | readonly number[])[] {
  if (typeof input === 'string') return [input]
  const numbers = input.filter((each) => typeof each === 'number')
  return numbers.length > 0 ? [numbers] : input.filter((each) => typeof each !== 'number')
}

/** A unit vector of 32-bit floats. */
function embed(text: string, dimensions: number): Float32Array {
  const seed = createHash('sha256').update(text).digest()
  const values: number[] = []
  for (let block = 0; values.length < dimensions; block += 1) {
    const digest = createHash('sha256').update(seed).update(String(block)).digest()
    for (let at = 0; at < digest.length; at += 4) values.push(digest.readInt32LE(at) / 2 ** 31)
  }
  const taken = values.slice(0, dimensions)
  const length = Math.hypot(...taken)
  return Float32Array.from(taken, (value) => value / length)
}

function base64Of(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4)
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4)
  return bytes.toString('base64')
}
