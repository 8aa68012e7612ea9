import { Refusal } from '#access/refusal.ts'
import { JsonError } from '#lib/json-error.ts'
import type { JsonNode } from '#lib/json-node.ts'
import { readJson } from '#lib/json.ts'

const MOST_DEPTH = 128
// A caller's: no conversation has as many, and reading them takes a noticeable part of a second.
const MOST_VALUES = 250_000

/** Where each token of a text may be a number of its own: providers take 300,000 of them. */
export const MOST_VALUES_OF_TOKENS = 400_000

/** A caller's body as strict JSON. Throws a Refusal `malformed_request` that says where reading stopped. */
export function jsonBody(body: Uint8Array, maxDepth: number, maxValues = MOST_VALUES): JsonNode {
  try {
    return readJson(body, { maxDepth, maxValues })
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    throw new Refusal('malformed_request', {
      message: `The body is not acceptable JSON: ${error.message}.`,
      cause: error,
    })
  }
}

/** A provider's answer as strict JSON. Throws a Refusal `provider_answer_invalid`. */
export function jsonAnswer(bytes: Uint8Array): JsonNode {
  try {
    return readJson(bytes, { maxDepth: MOST_DEPTH })
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    throw new Refusal('provider_answer_invalid', {
      message: 'The provider answered something that is not acceptable JSON.',
      cause: error,
    })
  }
}
