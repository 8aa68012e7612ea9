// What is known of the strings in one choice of an answer: of a whole one below `message`, of a streamed one below `delta`,
// where each goes on what came before, but for those that come once.
import type { Step } from '#lib/json-path.ts'
import type { ChoiceKnown } from '#protocols/openai-choices.ts'
import { textIn } from './fields.ts'

const COMES_ONCE: ReadonlySet<Step> = new Set(['role', 'type', 'id', 'name'])

export const knownInChoice: ChoiceKnown = (steps, parent) => {
  const [holder, part, ...rest] = steps
  if (holder !== 'message' && holder !== 'delta') return undefined
  const last = steps.at(-1) ?? ''
  if (part === 'audio' && last === 'data') return { role: 'media' }
  // Encrypted reasoning, as routers of several providers hand it on.
  if (part === 'reasoning_details' && last === 'data' && textIn(parent, 'type') === 'reasoning.encrypted') {
    return { role: 'sealed' }
  }
  if (COMES_ONCE.has(last)) return undefined
  const isArguments =
    last === 'arguments' &&
    (part === 'function_call' ? rest.length === 1 : part === 'tool_calls' && rest[1] === 'function')
  return { appended: holder === 'delta', ...(isArguments ? { role: 'json' as const } : {}) }
}
