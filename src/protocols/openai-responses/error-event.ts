// The gate's own error in the middle of a stream, also where the provider reports one. Clients throw on an event of this
// name, and nothing that was complete before one looks complete.
import type { Refusal } from '#access/refusal.ts'
import { openAiError } from '#protocols/openai-errors.ts'
import { framed } from './event-frame.ts'

const encoder = new TextEncoder()

/** A no in the middle of a stream. Its number is none of the provider's: nothing follows it. */
export function interrupt(refusal: Refusal, exchange: string): Uint8Array {
  const { message, param, code } = openAiError(refusal, exchange).error
  return framed('error', encoder.encode(JSON.stringify({ type: 'error', code, message, param, sequence_number: 0 })))
}
