// The choices of an answer that comes in events: which strings go on which text of the whole answer, where those stand in
// it, and when a choice is complete. Clients append by a choice's `index`, wherever it stands in an event.
import type { Text } from '#access/text.ts'
import { type JsonNode, type JsonObject, member, textOf } from '#lib/json-node.ts'
import { printPointer, type Step } from '#lib/json-path.ts'
import { invalidAnswer } from './openai-answer.ts'
import { textIn } from '#protocols/openai-chat/fields.ts'
import { type Indexed, lists } from './openai-lists.ts'
import { olderTokenTexts, tokenTexts } from './openai-logprobs.ts'
import { repeats } from './openai-repeats.ts'
import { type Known, printPlace, type Rules, textsOf } from './texts.ts'

/**
 * What is known of a string in a choice; from `IN_CHOICE` on, `steps` are in the choice. `appended` are those that go on an
 * earlier text; `given` are names, which are complete in themselves, and which some clients add up all the same.
 */
export type ChoiceKnown = (
  steps: readonly Step[],
  parent: JsonNode,
) => (Known & { readonly appended?: boolean | 'given' }) | undefined

/** Steps down to a choice: `choices` and its place. */
export const IN_CHOICE = 2

export interface ChoicePieces {
  readonly texts: readonly Text[]
  readonly ended: readonly string[]
  readonly finished?: true
}

/** Reads the choices of one stream, event by event. */
export function choiceReader(known: ChoiceKnown): (root: JsonObject, choices: readonly JsonNode[]) => ChoicePieces {
  const open = new Map<number, Set<string>>()
  const ended = new Set<number>()
  const inLists = lists()
  const repeated = repeats()
  const counted = countedChoices()
  /** Lanes, and those of clients that count. */
  const alike = new Map<string, string>()

  const track = (lane: string): void => {
    const index = Number.parseInt(lane, 10)
    // Behind its end, a choice is not waited for any more, and what its earlier texts are continued by would not be seen.
    if (ended.has(index)) throw invalidAnswer('goes on with a choice that was complete')
    const lanes = open.get(index)
    if (lanes) lanes.add(lane)
    else open.set(index, new Set([lane]))
  }

  return (root, choices) => {
    const places = choices.map(indexOf)
    const event: ChoicesAt = {
      places,
      indexed: choices.map((choice, position) => {
        const delta = member(choice, 'delta')
        return delta ? inLists.read(places[position] ?? 0, delta) : AS_IT_STANDS
      }),
      given: new Set(),
    }
    const slots = places.map(counted)
    const texts: Text[] = []
    const names: string[] = []
    const put = (text: Text): void => {
      texts.push(text)
      const other = text.lane === undefined ? undefined : asCounted(text.lane, places, slots)
      if (text.lane === undefined || other === undefined) return
      alike.set(text.lane, other)
      texts.push({ ...text, role: 'signed', lane: other })
    }
    for (const found of textsOf(root, rulesOf(event, known))) {
      const going = continuing(found)
      const isName = going.lane !== undefined && event.given.has(going.lane)
      const text = isName ? repeated(going) : going
      if (isName) names.push(...(text.lane === undefined ? [] : [text.lane]))
      else if (text.lane !== undefined) track(text.lane)
      put({ ...text, place: wholePlace(text.place, places) })
    }
    const complete = places.filter((_, position) => isComplete(choices[position]))
    // A name is complete at once: what waits for its end would hold back the answer.
    const lanes = [...names, ...passedBy(texts, open), ...complete.flatMap((index) => [...(open.get(index) ?? [])])]
    for (const index of complete) {
      ended.add(index)
      open.delete(index)
    }
    const finished = complete.length > 0 && { finished: true as const }
    return { texts, ended: [...lanes, ...lanes.flatMap((lane) => alike.get(lane) ?? [])], ...finished }
  }
}

/**
 * Python's official client takes a choice for the one that came at that place: where choices do not begin in the order of
 * their indexes, it puts together pieces of several. Answers that place; undefined as long as it is the index.
 */
function countedChoices(): (index: number) => number | undefined {
  const slots: number[] = []
  let orderly = true
  return (index) => {
    const slot = index < slots.length ? index : slots.push(index) - 1
    orderly &&= slot === index
    return orderly ? undefined : slot
  }
}

/** The lane that such clients put a piece in. It is read beside the choice's own, and blocked rather than edited. */
function asCounted(
  lane: string,
  places: readonly number[],
  slots: readonly (number | undefined)[],
): string | undefined {
  if (!lane.includes('/delta/')) return undefined
  const index = Number.parseInt(lane, 10)
  const slot = slots[places.indexOf(index)]
  return slot === undefined ? undefined : `counted ${slot}${lane.slice(String(index).length)}`
}

/**
 * Lanes that the choice has left behind: reasoning when its text begins, text when its tool calls do. Otherwise the last
 * letters of a thought, which could begin a credential, would hold back the whole answer behind them. Gone from `open`.
 */
function passedBy(texts: readonly Text[], open: ReadonlyMap<number, Set<string>>): readonly string[] {
  const passed: string[] = []
  const going = new Set(texts.map(({ lane }) => lane))
  for (const lane of going) {
    if (lane === undefined || !lane.includes('/delta/')) continue
    const lanes = open.get(Number.parseInt(lane, 10))
    for (const other of lanes ?? []) {
      if (orderOf(other) >= orderOf(lane) || going.has(other)) continue
      lanes?.delete(other)
      passed.push(other)
    }
  }
  return passed
}

/** The order in which a choice is written. */
function orderOf(lane: string): number {
  if (lane.includes('/delta/tool_calls/') || lane.includes('/delta/function_call/')) return 2
  return lane.includes('/delta/reasoning') ? 0 : 1
}

/** What is empty continues nothing: some servers begin a text so, and tell usage so behind its end. */
function continuing(text: Text): Text {
  if (text.lane === undefined || text.value !== '') return text
  const { lane: _, ...alone } = text
  return alone
}

/** Reads the texts of whole answers. */
export function wholeChoices(known: ChoiceKnown): (root: JsonObject) => readonly Text[] {
  const rules: Rules = {
    known: (steps, parent) => (isInChoice(steps) ? known(steps, parent) : undefined),
    free,
    together: (node, steps) => (isLogprobs(steps) ? tokens(node, steps) : undefined),
  }
  return (root) => textsOf(root, rules)
}

const free: Rules['free'] = (steps) => steps.length === 1 && steps[0] === 'metadata'

const isInChoice = (steps: readonly Step[]): boolean => steps.length > IN_CHOICE && steps[0] === 'choices'

const AS_IT_STANDS: Indexed = (steps) => steps

/** The choices of one event. */
interface ChoicesAt {
  /** Their indexes in the whole answer. */
  readonly places: readonly number[]
  readonly indexed: readonly Indexed[]
  /** Lanes of names. */
  readonly given: Set<string>
}

function rulesOf({ places, indexed, given }: ChoicesAt, known: ChoiceKnown): Rules {
  /** The steps in the choice, as in the whole answer. */
  const inside = ([, position, part = '', ...rest]: readonly Step[]): readonly Step[] => [
    part,
    ...(part === 'delta' ? (indexed[Number(position)]?.(rest) ?? rest) : rest),
  ]
  const laneOf = (steps: readonly Step[]): string =>
    `${places[Number(steps[1])] ?? 0}${printPointer(inside(steps).map(String))}`
  return {
    known(steps, parent) {
      if (!isInChoice(steps)) return undefined
      const { appended = false, ...found } = known(steps, parent) ?? {}
      const [part, ...rest] = inside(steps)
      const whole = part === 'delta' ? ['message', ...rest] : [part ?? '', ...rest]
      const place = PLACED + printPlace(['choices', places[Number(steps[1])] ?? 0, ...whole])
      if (appended === false) return { ...found, place }
      const lane = laneOf(steps)
      if (appended === 'given') given.add(lane)
      return { ...found, place, lane }
    },
    free,
    together: (node, steps) => (isLogprobs(steps) ? tokens(node, steps, laneOf(steps)) : undefined),
  }
}

/** `choices/0/logprobs` and its members. */
const isLogprobs = (steps: readonly Step[]): boolean =>
  steps[2] === 'logprobs' && steps.length <= 4 && steps[0] === 'choices'

function tokens(node: JsonNode, steps: readonly Step[], lane?: string): Iterable<Text> | undefined {
  const at = { place: `/choices/${steps[1]}${printPointer(steps.slice(2))}`, ...(lane === undefined ? {} : { lane }) }
  if (steps.length === 3) return olderTokenTexts(node, at)
  return node.kind === 'array' && (steps[3] === 'content' || steps[3] === 'refusal') ? tokenTexts(node, at) : undefined
}

/** The most choices that are read of one stream: as many as a request may ask for. */
const MOST_CHOICES = 128

function indexOf(node: JsonNode, position: number): number {
  const found = member(node, 'index')
  if (!found || found.kind === 'null') return position
  const index = found.kind === 'number' ? Number(textOf(found)) : Number.NaN
  if (!(Number.isInteger(index) && index >= 0 && index < MOST_CHOICES)) throw invalidAnswer('has a wrong `index`')
  return index
}

// Before a place that is the whole answer's already: those of keys and of tokens are not. No name has it.
const PLACED = '\0'

// Only numbers of positions can stand there: a name that begins with a digit shows as `*`.
const PLACE_IN_CHOICE = /^\/choices\/(\d+)(?:\/(delta))?(?=\/|$)/

/** Where a text of an event stands in the whole answer, so that a finding is the same, streamed or not. */
function wholePlace(place: string, places: readonly number[]): string {
  if (place.startsWith(PLACED)) return place.slice(PLACED.length)
  return place.replace(
    PLACE_IN_CHOICE,
    (_all, position: string, delta?: string) =>
      `/choices/${places[Number(position)] ?? position}${delta === undefined ? '' : '/message'}`,
  )
}

/** Some servers write an empty reason while there is none. */
const isComplete = (choice: JsonNode | undefined): boolean => (textIn(choice, 'finish_reason') ?? '') !== ''
