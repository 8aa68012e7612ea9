// A provider's error, rebuilt from what OpenAI's errors are made of: a message, and three short words.
import { Refusal } from '#access/refusal.ts'
import { type JsonNode, member, textOf } from '#lib/json-node.ts'
import { jsonAnswer } from '#protocols/json-body.ts'

export function readError(body: Uint8Array, told: (message: string) => string): Uint8Array | undefined {
  const error = member(answerOf(body), 'error')
  const message = member(error, 'message')
  if (message?.kind !== 'string') return undefined
  const rebuilt = {
    message: told(textOf(message)),
    type: word(member(error, 'type')),
    param: word(member(error, 'param')),
    code: word(member(error, 'code')),
  }
  return new TextEncoder().encode(JSON.stringify({ error: rebuilt }))
}

function answerOf(body: Uint8Array): JsonNode | undefined {
  try {
    return jsonAnswer(body)
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

/**
 * `messages[0].role`, `rate_limit_exceeded`: a field or a code. Anything longer is prose, and anything with many digits or
 * letters in one run could be a key that the provider repeats: those stand in the message alone, which is inspected.
 */
function word(node: JsonNode | undefined): string | null {
  const text = node?.kind === 'string' ? textOf(node) : ''
  const digits = text.replaceAll(/[^0-9]/g, '').length
  const isWord = text.length <= 64 && /^[a-z0-9]{1,20}(?:[_.[\]-]{1,2}[a-z0-9]{1,20})*[\]]?$/.test(text)
  return isWord && digits <= 4 ? text : null
}
