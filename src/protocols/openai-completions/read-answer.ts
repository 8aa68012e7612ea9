// What a provider answers is untrusted: it is read as strictly as a request, and leaves with the caller's model name in it.
import type { AnswerReading, EventReading, StreamEvent } from '#access/protocol.ts'
import { type JsonNode, type JsonObject, member } from '#lib/json-node.ts'
import { splice } from '#lib/splice.ts'
import { moulded } from '#protocols/event-mould.ts'
import { jsonAnswer, jsonEvent } from '#protocols/json-body.ts'
import { answerWith, invalidAnswer, merged, renamed, usageOf } from '#protocols/openai-answer.ts'
import { choiceReader, type ChoiceKnown, IN_CHOICE, wholeChoices } from '#protocols/openai-choices.ts'
import { composeEvent, EMPTY_EVENT, END_EVENT, FREE_IN_EVENT, isPiece } from '#protocols/openai-event.ts'

const textsIn = wholeChoices(() => undefined)

export function readAnswer(body: Uint8Array, model: string): AnswerReading {
  const { answer } = completion(jsonAnswer(body))
  return {
    ...usageOf(answer),
    made: [],
    texts: () => textsIn(answer),
    compose: (edits) => splice(body, merged(edits, renamed(answer, model))),
  }
}

const encoder = new TextEncoder()

const inStream: ChoiceKnown = (steps) =>
  steps.length === IN_CHOICE + 1 && steps[IN_CHOICE] === 'text' ? { appended: true } : undefined

export function readStream(model: string): (event: StreamEvent) => EventReading {
  const read = choiceReader(inStream)
  const inFull = ({ data }: StreamEvent): EventReading => {
    if (data === '') return EMPTY_EVENT
    if (data === '[DONE]') return END_EVENT
    const json = encoder.encode(data)
    const { answer: root, items } = completion(jsonEvent(json))
    return {
      ...usageOf(root),
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

/** Requires `choices`, each with its `text`. */
function completion(root: JsonNode): { readonly answer: JsonObject; readonly items: readonly JsonNode[] } {
  const { answer, items } = answerWith('choices', root)
  if (items.some((choice) => member(choice, 'text')?.kind !== 'string')) {
    throw invalidAnswer('has a choice without `text`')
  }
  return { answer, items }
}
