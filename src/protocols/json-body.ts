import { Refusal } from '#access/refusal.ts'
import { JsonError } from '#lib/json-error.ts'
import type { JsonNode } from '#lib/json-node.ts'
import { readJson } from '#lib/json.ts'
import { mayHoldNumberLists, withoutNumberLists } from './json-number-lists.ts'

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

// An answer's, besides numbers in lists: 20,000 tokens with twenty alternatives each have as many.
const MOST_ANSWER_VALUES = 2_000_000
/** From here on, in bytes, emptying lists of numbers costs less than reading them. */
const LARGE = 64 * 1024

/**
 * A provider's answer as strict JSON. In a large one, lists of nothing but numbers (vectors, bytes of tokens) are checked
 * and come back empty; every byte stands where it stood. Throws a Refusal `provider_answer_invalid`.
 */
export const jsonAnswer = (bytes: Uint8Array): JsonNode => answerOf(bytes, MOST_ANSWER_VALUES)

// Events come one behind the other, and nothing else is done while one is read.
const MOST_EVENT_VALUES = 250_000

/** The same of one event of a stream. */
export const jsonEvent = (bytes: Uint8Array): JsonNode => answerOf(bytes, MOST_EVENT_VALUES)

function answerOf(bytes: Uint8Array, maxValues: number): JsonNode {
  try {
    const read = bytes.length >= LARGE && mayHoldNumberLists(bytes) ? withoutNumberLists(bytes) : bytes
    return readJson(read, { maxDepth: MOST_DEPTH, maxValues })
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    throw new Refusal('provider_answer_invalid', {
      message: 'The provider answered something that is not acceptable JSON.',
      cause: error,
    })
  }
}
