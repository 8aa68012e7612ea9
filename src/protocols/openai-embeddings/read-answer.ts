// Vectors, each a list of numbers or its bytes in base64.
import type { AnswerReading, EventReading } from '#access/protocol.ts'
import { type JsonNode, member } from '#lib/json-node.ts'
import { splice } from '#lib/splice.ts'
import { jsonAnswer } from '#protocols/json-body.ts'
import { answerWith, invalidAnswer, merged, renamed, usageOf } from '#protocols/openai-answer.ts'
import { type Rules, textsOf } from '#protocols/texts.ts'

export function readAnswer(body: Uint8Array, model: string): AnswerReading {
  const { answer, items } = answerWith('data', jsonAnswer(body))
  if (!items.every((item) => isVector(member(item, 'embedding')))) {
    throw invalidAnswer('has an item without an `embedding` of numbers')
  }
  return {
    ...usageOf(answer),
    made: [],
    texts: () => textsOf(answer, RULES),
    compose: (edits) => splice(body, merged(edits, renamed(answer, model))),
  }
}

// Of a large answer, such lists come back empty.
const isVector = (node: JsonNode | undefined): boolean =>
  node?.kind === 'string' || (node?.kind === 'array' && node.items.every(({ kind }) => kind === 'number'))

const RULES: Rules = {
  known: ([top, , name], _parent) => (top === 'data' && name === 'embedding' ? { role: 'numbers' } : undefined),
  free: () => false,
}

/** It is never asked for a stream. */
export const readStream = () => (): EventReading => {
  throw invalidAnswer('is a stream, for which nobody asked')
}
