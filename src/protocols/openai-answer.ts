// What all answers of OpenAI's shape have in common: an error inside of a 200 is a failure, the model has the caller's name
// for it, and usage is counted in the same words.
import type { Usage } from '#access/usage.ts'
import { Refusal } from '#access/refusal.ts'
import type { Edit } from '#access/text.ts'
import { type JsonNode, type JsonObject, member, textOf } from '#lib/json-node.ts'
import { jsonBytes } from './openai-settings.ts'

export const invalidAnswer = (what: string): Refusal =>
  new Refusal('provider_answer_invalid', { message: `The provider's answer ${what}.` })

/** Requires an object that reports no error, whatever stands beside it, and that has this list. */
export function answerWith(
  list: string,
  answer: JsonNode,
): { readonly answer: JsonObject; readonly items: readonly JsonNode[] } {
  if (answer.kind !== 'object') throw invalidAnswer('is not a JSON object')
  const error = member(answer, 'error')
  if (error && error.kind !== 'null') {
    throw new Refusal('provider_failed', { message: 'The provider reported an error in its answer.' })
  }
  const found = member(answer, list)
  if (found?.kind !== 'array') throw invalidAnswer(`has no \`${list}\``)
  return { answer, items: found.items }
}

const NO_EDITS: readonly Edit[] = []

export function renamed(answer: JsonObject, model: string): readonly Edit[] {
  const name = member(answer, 'model')
  return name ? [{ start: name.start, end: name.end, with: jsonBytes(model) }] : NO_EDITS
}

/** Edits of both kinds, in order; where they touch the same bytes, ours stand. */
export function merged(edits: readonly Edit[], ours: readonly Edit[]): readonly Edit[] {
  if (edits.length === 0) return ours
  const beside = edits.filter((edit) => !ours.some(({ start, end }) => edit.start < end && start < edit.end))
  return [...beside, ...ours].sort((left, right) => left.start - right.start)
}

export function usageOf(answer: JsonObject): { readonly usage?: Usage } {
  const usage = usageIn(answer)
  return usage ? { usage } : NO_USAGE
}

const NO_USAGE = {}

export function usageIn(answer: JsonObject): Usage | undefined {
  const usage = member(answer, 'usage')
  if (usage?.kind !== 'object') return undefined
  return present({
    input: used(usage, 'prompt_tokens'),
    output: used(usage, 'completion_tokens'),
    cached: used(member(usage, 'prompt_tokens_details'), 'cached_tokens'),
    reasoning: used(member(usage, 'completion_tokens_details'), 'reasoning_tokens'),
  })
}

type Counts = Readonly<Record<'input' | 'output' | 'cached' | 'cacheWrite' | 'reasoning', number>>

/** Parts of nothing are not worth a word in every record. */
export function present(counts: { readonly [Name in keyof Counts]?: number | undefined }): Usage {
  const { input, output, cached = 0, cacheWrite = 0, reasoning = 0 } = counts
  const usage: { -readonly [Name in keyof Counts]?: number } = {}
  if (input !== undefined) usage.input = input
  if (output !== undefined) usage.output = output
  if (cached > 0) usage.cached = cached
  if (cacheWrite > 0) usage.cacheWrite = cacheWrite
  if (reasoning > 0) usage.reasoning = reasoning
  return usage
}

/** A whole number that is written as one, not below zero. */
export function count(holder: JsonNode | undefined, key: string): number | undefined {
  const node = member(holder, key)
  const value = node?.kind === 'number' ? Number(textOf(node)) : Number.NaN
  return Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

/** The same of what was used. What says more than any model takes counts as so much: sums stay numbers that can be counted. */
export function used(holder: JsonNode | undefined, key: string): number | undefined {
  const node = member(holder, key)
  const value = node?.kind === 'number' ? Number(textOf(node)) : Number.NaN
  return Number.isInteger(value) && value >= 0 ? Math.min(value, MOST_USED) : undefined
}

const MOST_USED = 1_000_000_000
