// What is known of the strings in one choice of an answer: of a whole one below `message`, of a streamed one below `delta`,
// where each goes on what came before, but for those that come once.
import type { Step } from '#lib/json-path.ts'
import type { ChoiceKnown } from '#protocols/openai-choices.ts'
import { textIn } from './fields.ts'

/** Given once, or in each event. */
const NAMES: ReadonlySet<Step> = new Set(['role', 'id', 'name'])

export const knownInChoice: ChoiceKnown = (steps, parent) => {
  const [holder, part, ...rest] = steps
  if (holder !== 'message' && holder !== 'delta') return undefined
  const last = steps.at(-1) ?? ''
  const appended = holder === 'delta'
  // Each piece goes on with the base64 of those before it.
  if (part === 'audio' && last === 'data') return { role: 'media', appended }
  // Encrypted reasoning, as routers of several providers hand it on.
  if (part === 'reasoning_details' && last === 'data' && textIn(parent, 'type') === 'reasoning.encrypted') {
    return { role: 'sealed' }
  }
  if (last === 'type') return undefined
  if (NAMES.has(last)) return appended ? { appended: 'given' } : undefined
  const isArguments =
    last === 'arguments' &&
    (part === 'function_call' ? rest.length === 1 : part === 'tool_calls' && rest[1] === 'function')
  return { appended, ...(isArguments ? { role: 'json' as const } : {}) }
}
