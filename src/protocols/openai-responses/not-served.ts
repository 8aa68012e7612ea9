// Fields that no request of the Responses API has, and that some provider or proxy behind an address of that shape acts
// on. In tier 1 a field that nobody knows passes; these do not, in any tier: each would go round the decision, or a limit.
import { NOT_SERVED as CHAT_NOT_SERVED } from '#protocols/openai-chat/not-served.ts'

/** What is not served in chat, and is a field here. */
const SERVED: ReadonlySet<string> = new Set([
  'previous_response_id',
  'conversation',
  'background',
  'prompt',
  'input',
  'instructions',
  'include',
])

const ANOTHER_PROTOCOL = [
  'messages',
  'functions',
  'function_call',
  'max_tokens',
  'max_completion_tokens',
  'n',
  'reasoning_effort',
  'response_format',
  'web_search_options',
]

/** Why each is not served, as the end of a sentence that begins with its name. */
export const NOT_SERVED: ReadonlyMap<string, string> = new Map([
  ...[...CHAT_NOT_SERVED].filter(([name]) => !SERVED.has(name)),
  ...ANOTHER_PROTOCOL.map((name) => [name, 'belongs to another protocol'] as const),
])
