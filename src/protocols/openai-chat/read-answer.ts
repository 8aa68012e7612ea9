// What a provider answers is untrusted: it is read as strictly as a request, and leaves with the caller's model name in it.
import type { AnswerReading, EventReading, StreamEvent } from '#access/protocol.ts'
import { type JsonNode, type JsonObject, member } from '#lib/json-node.ts'
import { splice } from '#lib/splice.ts'
import { moulded } from '#protocols/event-mould.ts'
import { jsonAnswer, jsonEvent } from '#protocols/json-body.ts'
import { answerWith, invalidAnswer, merged, renamed, usageOf } from '#protocols/openai-answer.ts'
import { choiceReader, wholeChoices } from '#protocols/openai-choices.ts'
import { composeEvent, EMPTY_EVENT, END_EVENT, FREE_IN_EVENT, isPiece } from '#protocols/openai-event.ts'
import { textIn } from './fields.ts'
import { knownInChoice } from './choice-texts.ts'

export function readAnswer(body: Uint8Array, model: string): AnswerReading {
  const { answer, items } = answerWith('choices', jsonAnswer(body))
  const messages = items.map((choice) => partOf(choice, 'message'))
  return {
    ...usageOf(answer),
    made: audioIds(messages),
    texts: () => wholeChoices(answer, knownInChoice),
    compose: (edits) => splice(body, merged(edits, renamed(answer, model))),
  }
}

const encoder = new TextEncoder()

export function readStream(model: string): (event: StreamEvent) => EventReading {
  const read = choiceReader(knownInChoice)
  const inFull = ({ data }: StreamEvent): EventReading => {
    if (data === '') return EMPTY_EVENT
    if (data === '[DONE]') return END_EVENT
    const json = encoder.encode(data)
    const { answer: root, items } = answerWith('choices', jsonEvent(json))
    const made = audioIds(items.map((choice) => partOf(choice, 'delta')))
    return {
      ...usageOf(root),
      ...(made.length > 0 ? { made } : {}),
      ...read(root, items),
      done: false,
      compose: composing(json, root),
    }
  }
  const composing =
    (json: Uint8Array, root: JsonObject): EventReading['compose'] =>
    (edits, notices) =>
      composeEvent({ json, root, model }, edits, notices)
  return moulded({ read: inFull, repeatable: isPiece, free: FREE_IN_EVENT, compose: composing })
}

function partOf(choice: JsonNode, name: 'message' | 'delta'): JsonNode {
  const part = member(choice, name)
  if (part?.kind !== 'object') throw invalidAnswer(`has a choice without \`${name}\``)
  return part
}

/** Audio is kept by the provider for a while: a later request can name it. */
const audioIds = (messages: readonly JsonNode[]): readonly string[] =>
  messages.flatMap((message) => textIn(member(message, 'audio'), 'id') ?? [])
