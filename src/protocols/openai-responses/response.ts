// A response as it is passed on: with the caller's name of the model, also in the words of an error that names it.
import type { Usage } from '#access/usage.ts'
import type { Edit } from '#access/text.ts'
import { type JsonNode, type JsonObject, member, textOf } from '#lib/json-node.ts'
import { invalidAnswer, present, used } from '#protocols/openai-answer.ts'
import { addCall } from '#protocols/hosted-tools.ts'
import { itemsOf, textIn } from '#protocols/openai-chat/fields.ts'
import { literal } from '#protocols/texts.ts'
import { callOf } from './calls.ts'

/** Throws a Refusal for what is no response. One that was not finished may lack its output. */
export function responseOf(node: JsonNode | undefined): JsonObject {
  if (node?.kind !== 'object') throw invalidAnswer('is not a JSON object')
  const waiting = UNFINISHED.has(textIn(node, 'status') ?? '')
  const output = member(node, 'output')
  if (output?.kind !== 'array' && !(waiting && !output)) throw invalidAnswer('has no `output`')
  return node
}

const UNFINISHED: ReadonlySet<string> = new Set(['queued', 'in_progress', 'failed'])

/** That of a failed response is told in its error. */
export function isFailed(response: JsonObject): boolean {
  return textIn(response, 'status') === 'failed'
}

/** What tells of the model in the message of an error, in the caller's name for it. */
export function messageNames(response: JsonObject, model: string): readonly Edit[] {
  const real = textIn(response, 'model') ?? ''
  const message = member(member(response, 'error'), 'message')
  if (message?.kind !== 'string' || real === '' || real === model) return []
  const told = textOf(message)
  const renamedText = told.replaceAll(real, model)
  return renamedText === told ? [] : [literal(message.start, message.end, renamedText)]
}

export function usageOf(holder: JsonNode): { readonly usage?: Usage } {
  const usage = member(holder, 'usage')
  if (usage?.kind !== 'object') return {}
  const tools = callsOf(itemsOf(member(holder, 'output')))
  return {
    usage: {
      ...present({
        input: used(usage, 'input_tokens'),
        output: used(usage, 'output_tokens'),
        cached: used(member(usage, 'input_tokens_details'), 'cached_tokens'),
        reasoning: used(member(usage, 'output_tokens_details'), 'reasoning_tokens'),
      }),
      ...(tools && { tools }),
    },
  }
}

/** Calls of tools that the provider ran, by tool; undefined where there were none. Those that its caller runs are none. */
function callsOf(output: readonly JsonNode[]): Usage['tools'] {
  const calls = new Map<string, number>()
  for (const item of output) {
    const call = callOf(item)
    if (call !== undefined) addCall(calls, call)
  }
  return calls.size > 0 ? Object.fromEntries(calls) : undefined
}
