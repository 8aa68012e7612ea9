// Errors in the middle of a stream: the provider's, and the gate's own. Clients throw on an event of this name, and
// nothing that was complete before one looks complete.
import type { Refusal } from '#access/refusal.ts'
import { type JsonNode, member, textOf } from '#lib/json-node.ts'
import { openAiError } from '#protocols/openai-errors.ts'
import { framed } from './event-frame.ts'
import { count } from './response.ts'

const encoder = new TextEncoder()

/** The provider's words tell of its names and accounts, and stay here: only a code and a field's name are passed on. */
export function providersError(event: JsonNode): Uint8Array {
  const nested = member(event, 'error')
  const told = (name: string): string | null => word(member(event, name)) ?? word(member(nested, name))
  const rebuilt = {
    type: 'error',
    code: told('code'),
    message: 'The provider reported an error.',
    param: told('param'),
    sequence_number: count(event, 'sequence_number') ?? 0,
  }
  return encoder.encode(JSON.stringify(rebuilt))
}

/** `input[0].role`, `rate_limit_exceeded`: a field or a code. Anything longer is prose. */
function word(node: JsonNode | undefined): string | null {
  const text = node?.kind === 'string' ? textOf(node) : ''
  return /^[A-Za-z0-9_.[\]-]{1,64}$/.test(text) ? text : null
}

/** A no in the middle of a stream. Its number is none of the provider's: nothing follows it. */
export function interrupt(refusal: Refusal, exchange: string): Uint8Array {
  const { message, param, code } = openAiError(refusal, exchange).error
  return framed('error', encoder.encode(JSON.stringify({ type: 'error', code, message, param, sequence_number: 0 })))
}
