// Where the strings of an event stand in the whole answer, and which of them go on what earlier events began. Places and
// roles are those of a whole answer wherever that has the same text: findings are equal, streamed or not.
import { type JsonNode, member } from '#lib/json-node.ts'
import type { Step } from '#lib/json-path.ts'
import { type Known, printPlace, type Rules } from '#protocols/texts.ts'
import { isFreeInAnswer, knownInAnswer, SAID } from './read-answer.ts'
import { enter, type OpenBlock } from './progress.ts'

/** Rules for an event that holds a part of the answer: `answerSteps` of what it holds, undefined of all else. */
function rulesOf(
  answerSteps: (steps: readonly Step[]) => readonly Step[] | undefined,
  more: (steps: readonly Step[], parent: JsonNode) => Known = () => ({}),
): Rules {
  return {
    known(steps, parent) {
      const there = answerSteps(steps)
      if (!there) return undefined
      return { place: printPlace(there), ...knownInAnswer(there, parent), ...more(steps, parent) }
    },
    free(steps) {
      const there = answerSteps(steps)
      return there !== undefined && isFreeInAnswer(there)
    },
  }
}

export const ofEvent: Rules = rulesOf((steps) => steps)

export const ofMessage: Rules = rulesOf((steps) => (steps[0] === 'message' ? steps.slice(1) : undefined))

export const ofMessageDelta: Rules = rulesOf((steps) => (steps[0] === 'delta' ? steps.slice(1) : steps))

// What a block begins with, and goes on with by pieces.
const GOES_ON: ReadonlyMap<string, string> = new Map([
  ['text', 'text'],
  ['thinking', 'thinking'],
  ['compaction', 'content'],
])

export function ofStart(block: OpenBlock): Rules {
  return rulesOf(
    ([first, ...rest]) => (first === 'content_block' ? ['content', block.index, ...rest] : undefined),
    (steps, parent) => {
      const goesOn = steps.length === 2 && steps[1] === GOES_ON.get(block.type) && !isEmpty(steps, parent)
      return goesOn ? { lane: enter(block, `${block.index}/${steps[1]}`) } : {}
    },
  )
}

/** What is empty goes on with nothing, and there could be any number of it. */
function isEmpty(steps: readonly Step[], parent: JsonNode): boolean {
  const step = steps.at(-1) ?? ''
  const node =
    typeof step === 'string' ? member(parent, step) : parent.kind === 'array' ? parent.items[step] : undefined
  return node?.kind === 'string' && node.end - node.start === 2
}

type Piece = (lane: (name: string) => Pick<Known, 'lane'>, block: OpenBlock) => Known

const PIECES: ReadonlyMap<string, Piece> = new Map<string, Piece>([
  ['text_delta.text', (lane) => ({ ...lane('text'), group: SAID })],
  ['thinking_delta.thinking', (lane) => ({ role: 'signed', ...lane('thinking') })],
  ['compaction_delta.content', (lane) => ({ role: 'signed', ...lane('content') })],
  [
    'input_json_delta.partial_json',
    (lane, { index }) => ({ role: 'json', place: `/content/${index}/input`, ...lane('input') }),
  ],
  ['signature_delta.signature', () => ({ role: 'sealed' })],
  ['compaction_delta.encrypted_content', () => ({ role: 'sealed' })],
])

/** A piece of a type, or with members, that nobody here knows goes on by itself: clients may put such pieces together. */
export function ofDelta(block: OpenBlock, type: string): Rules {
  const citation = type === 'citations_delta' ? block.citations++ : undefined
  return rulesOf(
    ([first, second, ...rest]) => {
      if (first !== 'delta' || second === undefined || second === 'type') return undefined
      const isCitation = citation !== undefined && second === 'citation'
      return ['content', block.index, ...(isCitation ? ['citations', citation] : [second]), ...rest]
    },
    (steps, parent) => {
      const lane = (name: string): Pick<Known, 'lane'> =>
        isEmpty(steps, parent) ? {} : { lane: enter(block, `${block.index}/${name}`) }
      const known = steps.length === 2 ? PIECES.get(`${type}.${String(steps[1])}`) : undefined
      if (known) return known(lane, block)
      if (citation !== undefined && steps[1] === 'citation') return {}
      return lane(`delta/${type}${JSON.stringify(steps.slice(1))}`)
    },
  )
}
