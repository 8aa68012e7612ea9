// A provider's error, rebuilt from what Anthropic's errors are made of: a message, and short words in lower case.
import { Refusal } from '#access/refusal.ts'
import { type JsonNode, member, textOf } from '#lib/json-node.ts'
import { jsonAnswer } from '#protocols/json-body.ts'
import { itemsOf } from '#protocols/openai-chat/fields.ts'

export function readError(body: Uint8Array, told: (message: string) => string): Uint8Array | undefined {
  const error = member(answerOf(body), 'error')
  const message = member(error, 'message')
  if (message?.kind !== 'string') return undefined
  const rebuilt = {
    type: word(member(error, 'type')) ?? 'api_error',
    message: told(textOf(message)),
    ...detailsOf(member(error, 'details')),
  }
  // The provider's own id of the request stands in a header, where it sends one.
  return new TextEncoder().encode(JSON.stringify({ type: 'error', error: rebuilt, request_id: null }))
}

function answerOf(body: Uint8Array): JsonNode | undefined {
  try {
    return jsonAnswer(body)
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

const MOST_WORDS = 32

/** What the official client goes by when it is to try differently. */
function detailsOf(details: JsonNode | undefined): { readonly details?: object } {
  const code = word(member(details, 'error_code'))
  if (code === undefined) return {}
  const unsupported = itemsOf(member(details, 'unsupported')).slice(0, MOST_WORDS).map(word)
  const known = unsupported.filter((each) => each !== undefined)
  return { details: { error_code: code, ...(known.length === 0 ? {} : { unsupported: known }) } }
}

/** `rate_limit_error`: without digits or capitals, so that hardly anything but a word fits. Anything else is prose. */
function word(node: JsonNode | undefined): string | undefined {
  const text = node?.kind === 'string' ? textOf(node) : ''
  return /^[a-z]+(?:_[a-z]+){0,7}$/.test(text) && text.length <= 64 ? text : undefined
}
