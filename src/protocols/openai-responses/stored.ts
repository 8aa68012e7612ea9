// What OpenAI stored for a caller: a response and its input, read again, cancelled or deleted by its id.
import type { EventReading, Protocol, Reading, StreamEvent } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import { jsonEvent } from '#protocols/json-body.ts'
import { openAiResponses } from './openai-responses.ts'
import { readAnswer, readDeleted, readItems } from './read-answer.ts'
import { readStream } from './read-stream.ts'
import { count } from '#protocols/openai-answer.ts'
import { readStoredQuery, type StoredOperation } from './stored-query.ts'

export type { StoredOperation } from './stored-query.ts'

interface Operation {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Behind the response's id. */
  readonly path: string
  readonly readAnswer: Protocol['readAnswer']
}

export const STORED: Readonly<Record<StoredOperation, Operation>> = {
  retrieve: { method: 'GET', path: '', readAnswer },
  cancel: { method: 'POST', path: '/cancel', readAnswer },
  delete: { method: 'DELETE', path: '', readAnswer: readDeleted },
  'input-items': { method: 'GET', path: '/input_items', readAnswer: readItems },
}

export interface StoredRequest {
  readonly method: Operation['method']
  readonly reading: Reading
  /** As others of this name, but for the path, with its query, and for how its answers are read. Its `read` refuses. */
  readonly protocol: Protocol
}

export interface StoredAsked {
  /** The response's. MUST be one that the caller may use, of letters, digits, `_` and `-`. */
  readonly id: string
  /** Behind the question mark. */
  readonly query: string
  /** The caller's name of the model that made it. */
  readonly model: string
}

/** Throws a Refusal that names the query's parameter at fault. */
export function storedRequest(operation: StoredOperation, { id, query, model }: StoredAsked): StoredRequest {
  const { method, path, readAnswer: read } = STORED[operation]
  const { query: leaving, streaming, startingAfter } = readStoredQuery(operation, query)
  return {
    method,
    reading: readingOf(model, streaming),
    protocol: {
      ...openAiResponses,
      path: `/responses/${encodeURIComponent(id)}${path}${leaving === '' ? '' : `?${leaving}`}`,
      read() {
        throw new Refusal('malformed_request', { message: 'This request has no body.' })
      },
      readAnswer: read,
      readStream: (name) => behind(startingAfter, readStream(name)),
    },
  }
}

const NOTHING = new Uint8Array(0)

/** There is no body: what the model reads was inspected when it came. */
const readingOf = (model: string, streaming: boolean): Reading => ({
  model,
  streaming,
  parametersUnder: () => ({ tools: 0n, logprobs: false }),
  inputTokens: 0,
  metadata: new Map(),
  acts: [],
  unknown: [],
  texts: () => [],
  compose: () => NOTHING,
})

/**
 * The whole stream is read, and only what is behind the caller's last event is passed on: whoever could begin in the
 * middle would be given the second half of a credential, in which nobody recognises it.
 */
function behind(
  last: number | undefined,
  read: (event: StreamEvent) => EventReading,
): (event: StreamEvent) => EventReading {
  if (last === undefined) return read
  return (event) => {
    const reading = read(event)
    const number = event.data.startsWith('{')
      ? count(jsonEvent(new TextEncoder().encode(event.data)), 'sequence_number')
      : undefined
    // The end is passed on again: whoever asks again has not seen it.
    return number === undefined || number > last || reading.done ? reading : { ...reading, compose: () => NOTHING }
  }
}
