// What the demo provider reads of a request for a completion of the old kind: prompts of text or of tokens.
import { z } from 'zod'
import { readBodyAs, type Read } from '#demo/openai/openai-body.ts'

const token = z.int().min(0)
const count = (least: number, most: number) => z.int().min(least).max(most).nullish()

const completionRequest = z.looseObject({
  model: z.string().min(1),
  prompt: z.union([z.string(), z.array(z.string()), z.array(token), z.array(z.array(token))]).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  n: count(1, 128),
  echo: z.boolean().nullish(),
  logprobs: count(0, 5),
  max_tokens: count(1, 1_000_000_000),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
})

export type CompletionRequest = z.infer<typeof completionRequest>

export function readCompletionRequest(body: string): Read<CompletionRequest> {
  return readBodyAs(completionRequest, body)
}

/** The prompts as texts. Tokens cannot be read here: they are said to have come. */
export function promptsOf(prompt: CompletionRequest['prompt']): readonly string[] {
  if (prompt === null || prompt === undefined) return ['']
  if (typeof prompt === 'string') return [prompt]
  if (prompt.length === 0) return ['']
  const tokens = (many: number) => `Received: ${many} tokens.`
  if (prompt.every((each) => typeof each === 'number')) return [tokens(prompt.length)]
  return prompt.map((each) => (typeof each === 'string' ? each : tokens(Array.isArray(each) ? each.length : 1)))
}
