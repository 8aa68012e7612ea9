// Verdicts: what a text was found to be, by category.
import type { AnswerReading, EventReading } from '#access/protocol.ts'
import { splice } from '#lib/splice.ts'
import { jsonAnswer } from '#protocols/json-body.ts'
import { answerWith, invalidAnswer, merged, renamed, usageOf } from '#protocols/openai-answer.ts'
import { type Rules, textsOf } from '#protocols/texts.ts'

export function readAnswer(body: Uint8Array, model: string): AnswerReading {
  const { answer, items } = answerWith('results', jsonAnswer(body))
  if (items.some(({ kind }) => kind !== 'object')) throw invalidAnswer('has a result that is no object')
  return {
    ...usageOf(answer),
    made: [],
    texts: () => textsOf(answer, RULES),
    compose: (edits) => splice(body, merged(edits, renamed(answer, model))),
  }
}

const RULES: Rules = { known: () => undefined, free: () => false }

/** It is never asked for a stream. */
export const readStream = () => (): EventReading => {
  throw invalidAnswer('is a stream, for which nobody asked')
}
