// What a provider answers is untrusted: it is read as strictly as a request, and leaves with the caller's model name in it.
import type { AnswerReading } from '#access/protocol.ts'
import { type JsonNode, type JsonObject, member } from '#lib/json-node.ts'
import type { Step } from '#lib/json-path.ts'
import { splice } from '#lib/splice.ts'
import { jsonAnswer } from '#protocols/json-body.ts'
import { count } from '#protocols/openai-answer.ts'
import { textIn } from '#protocols/openai-chat/fields.ts'
import { type Known, printPlace, type Rules, textsOf } from '#protocols/texts.ts'
import { invalid, madeBy, noteCall, refuseFailure, renamed, usageOf } from './answer-parts.ts'
import { besides } from './edits.ts'
import { isTextOfBlock, knownOf } from './request-texts.ts'

export function readAnswer(body: Uint8Array, model: string): AnswerReading {
  const answer = answerOf(body)
  if (textIn(answer, 'type') !== 'message') throw invalid('is not a message')
  const content = member(answer, 'content')
  if (content?.kind !== 'array') throw invalid('has no `content`')
  if (content.items.some((block) => textIn(block, 'type') === undefined)) throw invalid('has a block without `type`')
  const names = renamed(answer, model)
  const calls = new Map<string, number>()
  for (const block of content.items) noteCall(block, calls)
  return {
    ...usageOf(answer, { calls, tokens: new Map() }),
    made: madeBy(answer),
    texts: () => textsOf(answer, ANSWER_RULES),
    compose: (edits) => splice(body, besides(names, edits)),
  }
}

/** A token count: one number, and what the provider says of its making. */
export function readCount(body: Uint8Array): AnswerReading {
  const answer = answerOf(body)
  const input = count(answer, 'input_tokens')
  if (input === undefined) throw invalid('has no `input_tokens`')
  return {
    usage: { input },
    made: [],
    texts: () => textsOf(answer, ANSWER_RULES),
    compose: (edits) => splice(body, edits),
  }
}

function answerOf(body: Uint8Array): JsonObject {
  const answer = jsonAnswer(body)
  if (answer.kind !== 'object') throw invalid('is not a JSON object')
  refuseFailure(answer)
  return answer
}

const ANSWER_RULES: Rules = { known: knownInAnswer, free: isFreeInAnswer }

/** What a tool is called with. */
export function isFreeInAnswer(steps: readonly Step[]): boolean {
  return steps.length === 3 && steps[0] === 'content' && steps[2] === 'input'
}

/** Thinking is signed, and so is what a compaction kept: neither is ours to edit, whether its signature came or not. */
export function knownInAnswer(steps: readonly Step[], parent: JsonNode): Known | undefined {
  const isChanged = steps[0] === 'content' && steps[2] === 'tool_changes'
  if (isAmongFree(steps)) return isChanged ? SIGNED : undefined
  if (isTextOfBlock(steps) && !isChanged)
    return { group: isSaid(steps, parent) ? SAID : printPlace(steps.slice(0, -2)) }
  const name = steps.at(-1)
  const type = textIn(parent, 'type')
  if (type === 'thinking' && name === 'thinking') return SIGNED
  if (type === 'compaction' && name === 'content') return SIGNED
  return knownOf(name, parent) ?? (isChanged ? SIGNED : undefined)
}

const SIGNED: Known = { role: 'signed' }

/** Clients join the blocks of text of an answer without a word between them: a block ends where a citation begins. */
export const SAID = 'text'

const isSaid = (steps: readonly Step[], block: JsonNode): boolean =>
  steps.length === 3 && steps[0] === 'content' && textIn(block, 'type') === 'text'

const FREE: ReadonlySet<Step> = new Set(['input', 'input_schema', 'input_examples'])

/** Below names that a tool's author or caller chose, none of ours means anything: what says that it is encrypted is not. */
const isAmongFree = (steps: readonly Step[]): boolean =>
  steps[0] === 'content' && steps.slice(1, -1).some((step) => FREE.has(step))
