// What is known of the strings in one choice of an answer: of a whole one below `message`, of a streamed one below `delta`,
// where each goes on what came before, but for those that come once.
import type { Step } from '#lib/json-path.ts'
import { type ChoiceKnown, IN_CHOICE } from '#protocols/openai-choices.ts'
import { textIn } from './fields.ts'

type Told = ReturnType<ChoiceKnown>

/** Given once, or in each event. */
const NAMES: ReadonlySet<Step> = new Set(['role', 'id', 'name'])

// `given` are names, and what is not appended stands alone.
const ALONE: Told = { appended: false }
const APPENDED: Told = { appended: true }
const GIVEN: Told = { appended: 'given' }
const ARGUMENTS: Told = { appended: false, role: 'json' }
const APPENDED_ARGUMENTS: Told = { appended: true, role: 'json' }
const MEDIA: Told = { appended: false, role: 'media' }
const APPENDED_MEDIA: Told = { appended: true, role: 'media' }
const SEALED: Told = { role: 'sealed' }

export const knownInChoice: ChoiceKnown = (steps, parent) => {
  const holder = steps[IN_CHOICE]
  if (holder !== 'message' && holder !== 'delta') return undefined
  const part = steps[IN_CHOICE + 1]
  const last = steps[steps.length - 1] ?? ''
  const appended = holder === 'delta'
  // Each piece goes on with the base64 of those before it.
  if (part === 'audio' && last === 'data') return appended ? APPENDED_MEDIA : MEDIA
  // Encrypted reasoning, as routers of several providers hand it on.
  if (part === 'reasoning_details' && last === 'data' && textIn(parent, 'type') === 'reasoning.encrypted') return SEALED
  if (last === 'type') return undefined
  if (NAMES.has(last)) return appended ? GIVEN : undefined
  if (last === 'arguments' && isCall(steps)) return appended ? APPENDED_ARGUMENTS : ARGUMENTS
  return appended ? APPENDED : ALONE
}

/** `…/function_call/arguments`, `…/tool_calls/0/function/arguments` and below. */
function isCall(steps: readonly Step[]): boolean {
  const part = steps[IN_CHOICE + 1]
  if (part === 'function_call') return steps.length === IN_CHOICE + 3
  return part === 'tool_calls' && steps[IN_CHOICE + 3] === 'function'
}
