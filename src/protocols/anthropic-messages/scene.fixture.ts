// What the tests of this protocol share: bodies as bytes, and the reason of a refusal.
import type { Reading } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import { readRequest } from './read-request.ts'

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const text = (from: Uint8Array): string => new TextDecoder().decode(from)

/** A small request with these fields, which stand behind the usual ones. */
export const bodyWith = (fields: object): string =>
  JSON.stringify({ model: 'claude-clinic', max_tokens: 2048, messages: [{ role: 'user', content: 'Hi' }], ...fields })

export const read = (fields: object): Reading => readRequest(bytes(bodyWith(fields)))

/** With these blocks as what a person says. */
export const saying = (...content: readonly unknown[]): Reading => read({ messages: [{ role: 'user', content }] })

/** `reason: message`, or `accepted`. */
export function outcomeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof Refusal) return `${error.reason} ${error.detail.field ?? '-'}`
    throw error
  }
  return 'accepted'
}
