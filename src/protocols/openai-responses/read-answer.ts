// Whole answers: untrusted, read as strictly as requests, and passed on with the caller's name of the model in them.
import type { AnswerReading } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import type { Edit } from '#access/text.ts'
import { type JsonNode, type JsonObject, member } from '#lib/json-node.ts'
import { splice } from '#lib/splice.ts'
import { jsonAnswer } from '#protocols/json-body.ts'
import { count, invalidAnswer, merged, renamed } from '#protocols/openai-answer.ts'
import { textsOf } from '#protocols/texts.ts'
import { madeBy } from './made.ts'
import { isFailed, messageNames, responseOf, usageOf } from './response.ts'
import { RULES } from './text-rules.ts'

/** A response. One that failed is an answer, too: clients read its error. */
export function readAnswer(body: Uint8Array, model: string): AnswerReading {
  const came = responseOf(sound(body, isFailed))
  const named = messageNames(came, model)
  // Read anew, so that what is inspected is what leaves.
  const bytes = splice(body, named)
  const answer = named.length > 0 ? responseOf(jsonAnswer(bytes)) : came
  return { ...usageOf(answer), made: madeBy(answer), ...passing(bytes, answer, renamed(answer, model)) }
}

/** A compacted conversation. The provider keeps nothing of it. */
export function readCompacted(body: Uint8Array, model: string): AnswerReading {
  const answer = responseOf(sound(body))
  return { ...usageOf(answer), made: [], ...passing(body, answer, renamed(answer, model)) }
}

export function readTokenCount(body: Uint8Array): AnswerReading {
  const answer = sound(body)
  if (count(answer, 'input_tokens') === undefined) throw invalidAnswer('has no `input_tokens`')
  return { made: [], ...passing(body, answer) }
}

/** The items that a stored response was made from. */
export function readItems(body: Uint8Array): AnswerReading {
  const answer = sound(body)
  if (member(answer, 'data')?.kind !== 'array') throw invalidAnswer('has no `data`')
  return { made: [], ...passing(body, answer) }
}

/** OpenAI tells whether it deleted; clients take any 200 for a yes. So what tells neither is none. */
export function readDeleted(body: Uint8Array): AnswerReading {
  if (body.length === 0) return { made: [], texts: () => [], compose: () => body }
  const answer = sound(body)
  if (member(answer, 'deleted')?.kind !== 'boolean') throw invalidAnswer('has no `deleted`')
  return { made: [], ...passing(body, answer) }
}

/** An error inside of a 200 is a failure, whatever stands beside it. */
function sound(body: Uint8Array, tellsItsError: (answer: JsonObject) => boolean = () => false): JsonObject {
  const answer: JsonNode = jsonAnswer(body)
  if (answer.kind !== 'object') throw invalidAnswer('is not a JSON object')
  const error = member(answer, 'error')
  if (error && error.kind !== 'null' && !tellsItsError(answer)) {
    throw new Refusal('provider_failed', { message: 'The provider reported an error in its answer.' })
  }
  return answer
}

const passing = (
  body: Uint8Array,
  answer: JsonObject,
  ours: readonly Edit[] = [],
): Pick<AnswerReading, 'texts' | 'compose'> => ({
  texts: () => textsOf(answer, RULES),
  compose: (edits) => splice(body, merged(edits, ours)),
})
