// What a provider answers is untrusted: it is read as strictly as a request, and leaves with the caller's model name in it.
import type { AnswerReading, EventReading, StreamEvent } from '#access/protocol.ts'
import type { Text } from '#access/text.ts'
import { type JsonNode, type JsonObject, member } from '#lib/json-node.ts'
import { splice } from '#lib/splice.ts'
import { moulded } from '#protocols/event-mould.ts'
import { jsonAnswer, jsonEvent } from '#protocols/json-body.ts'
import { answerWith, invalidAnswer, merged, renamed, usageIn, usageOf } from '#protocols/openai-answer.ts'
import { choiceReader, wholeChoices } from '#protocols/openai-choices.ts'
import { composeEvent, EMPTY_EVENT, END_EVENT, FREE_IN_EVENT, isPiece } from '#protocols/openai-event.ts'
import { textIn } from './fields.ts'
import { knownInChoice } from './choice-texts.ts'

const textsIn = wholeChoices(knownInChoice)

export function readAnswer(body: Uint8Array, model: string): AnswerReading {
  const { answer, items } = answerWith('choices', jsonAnswer(body))
  const usage = usageIn(answer)
  const made = audioIds(items, 'message')
  const texts = (): readonly Text[] => textsIn(answer)
  const compose: AnswerReading['compose'] = (edits) => splice(body, merged(edits, renamed(answer, model)))
  return usage ? { usage, made, texts, compose } : { made, texts, compose }
}

const encoder = new TextEncoder()

export function readStream(model: string): (event: StreamEvent) => EventReading {
  const read = choiceReader(knownInChoice)
  const inFull = ({ data }: StreamEvent): EventReading => {
    if (data === '') return EMPTY_EVENT
    if (data === '[DONE]') return END_EVENT
    const json = encoder.encode(data)
    const { answer: root, items } = answerWith('choices', jsonEvent(json))
    const made = audioIds(items, 'delta')
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

const NO_IDS: readonly string[] = []

/** Audio is kept by the provider for a while: a later request can name it. Requires that each choice have its `part`. */
function audioIds(choices: readonly JsonNode[], part: 'message' | 'delta'): readonly string[] {
  let ids: string[] | undefined
  for (const choice of choices) {
    const said = member(choice, part)
    if (said?.kind !== 'object') throw invalidAnswer(`has a choice without \`${part}\``)
    const id = textIn(member(said, 'audio'), 'id')
    if (id !== undefined) (ids ??= []).push(id)
  }
  return ids ?? NO_IDS
}
