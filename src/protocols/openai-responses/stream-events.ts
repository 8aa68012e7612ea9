// The events of a response's stream: where in the whole response their strings stand, and which texts they begin, go on
// with, or complete. So a finding has the same place, streamed or not (API reference, "Streaming events").
import { type JsonNode, member } from '#lib/json-node.ts'
import type { Step } from '#lib/json-path.ts'
import { invalidAnswer } from '#protocols/openai-answer.ts'
import { printPlace } from '#protocols/texts.ts'
import { count } from '#protocols/openai-answer.ts'

export interface EventShape {
  /** Members of the event, and their places in the response: `O`, `C`, `S`, `A`, `X` stand for its indexes. */
  readonly fields: Readonly<Record<string, string>>
  /** Whether clients append to, or go on from, what stands there. */
  readonly appends: boolean
  /** All texts at and below this place are complete. Empty: all there are. */
  readonly ends?: string
}

const ITEM = '/output/O'
const PART = '/output/O/content/C'
const SUMMARY = '/output/O/summary/S'

const delta = (place: string): EventShape => ({ fields: { delta: place }, appends: true })
const done = (field: string, place: string, ends = place): EventShape => ({
  fields: { [field]: place },
  appends: false,
  ends,
})
const begun = (field: string, place: string): EventShape => ({ fields: { [field]: place }, appends: true })

/** What stands in a snapshot is gone on from by clients, as long as others follow. */
const snapshot: EventShape = { fields: { response: '' }, appends: true }
const lastSnapshot: EventShape = { fields: { response: '' }, appends: false, ends: '' }

const EVENTS: ReadonlyMap<string, EventShape> = new Map<string, EventShape>([
  ['response.created', snapshot],
  ['response.queued', snapshot],
  ['response.in_progress', snapshot],
  ['response.completed', lastSnapshot],
  ['response.incomplete', lastSnapshot],
  ['response.failed', lastSnapshot],
  ['response.cancelled', lastSnapshot],
  ['response.output_item.added', begun('item', ITEM)],
  ['response.output_item.done', done('item', ITEM)],
  ['response.content_part.added', begun('part', PART)],
  ['response.content_part.done', done('part', PART)],
  ['response.output_text.delta', { fields: { delta: `${PART}/text`, logprobs: `${PART}/logprobs` }, appends: true }],
  [
    'response.output_text.done',
    { fields: { text: `${PART}/text`, logprobs: `${PART}/logprobs` }, appends: false, ends: PART },
  ],
  ['response.output_text.annotation.added', { fields: { annotation: `${PART}/annotations/A` }, appends: false }],
  ['response.refusal.delta', delta(`${PART}/refusal`)],
  ['response.refusal.done', done('refusal', `${PART}/refusal`)],
  ['response.reasoning_text.delta', delta(`${PART}/text`)],
  ['response.reasoning_text.done', done('text', `${PART}/text`)],
  ['response.reasoning_summary_part.added', begun('part', SUMMARY)],
  ['response.reasoning_summary_part.done', done('part', SUMMARY)],
  ['response.reasoning_summary_text.delta', delta(`${SUMMARY}/text`)],
  ['response.reasoning_summary_text.done', done('text', `${SUMMARY}/text`)],
  ['response.function_call_arguments.delta', delta(`${ITEM}/arguments`)],
  ['response.function_call_arguments.done', done('arguments', `${ITEM}/arguments`)],
  ['response.mcp_call_arguments.delta', delta(`${ITEM}/arguments`)],
  ['response.mcp_call_arguments.done', done('arguments', `${ITEM}/arguments`)],
  ['response.custom_tool_call_input.delta', delta(`${ITEM}/input`)],
  ['response.custom_tool_call_input.done', done('input', `${ITEM}/input`)],
  ['response.code_interpreter_call_code.delta', delta(`${ITEM}/code`)],
  ['response.code_interpreter_call_code.done', done('code', `${ITEM}/code`)],
  ['response.apply_patch_call_operation_diff.delta', delta(`${ITEM}/operation/diff`)],
  ['response.apply_patch_call_operation_diff.done', done('diff', `${ITEM}/operation/diff`)],
  ['response.shell_call_command.added', begun('command', `${ITEM}/action/commands/X`)],
  ['response.shell_call_command.delta', delta(`${ITEM}/action/commands/X`)],
  ['response.shell_call_command.done', done('command', `${ITEM}/action/commands/X`)],
  ['response.shell_call_output_content.delta', delta(`${ITEM}/output/X`)],
  // Clients take the first of its output, and put it where the command stands.
  ['response.shell_call_output_content.done', done('output/0', `${ITEM}/output/X`)],
  ['response.image_generation_call.partial_image', { fields: { partial_image_b64: `${ITEM}/result` }, appends: false }],
  // Each goes on with the base64 of those before it.
  ['response.audio.delta', delta('/audio/data')],
  ['response.audio.done', { fields: {}, appends: false, ends: '/audio/data' }],
  ['response.audio.transcript.delta', delta('/audio/transcript')],
  ['response.audio.transcript.done', { fields: {}, appends: false, ends: '/audio/transcript' }],
])

/** Of an event that is not known here: its strings stand where they stand. */
const UNKNOWN: EventShape = { fields: {}, appends: false }

const INDEXES: ReadonlyMap<string, string> = new Map([
  ['O', 'output_index'],
  ['C', 'content_index'],
  ['S', 'summary_index'],
  ['A', 'annotation_index'],
  ['X', 'command_index'],
])

/** The shape of an event, with its own indexes. Throws a Refusal where one of them is missing. */
export function shapeOf(type: string, event: JsonNode): EventShape {
  const { fields, appends, ends } = EVENTS.get(type) ?? UNKNOWN
  const placed = (place: string): string =>
    place.replace(/\/([OCSAX])(?=\/|$)/g, (_all, key: string) => `/${indexOf(event, key)}`)
  return {
    fields: Object.fromEntries(Object.entries(fields).map(([field, place]) => [field, placed(place)])),
    appends,
    ...(ends === undefined ? {} : { ends: placed(ends) }),
  }
}

function indexOf(event: JsonNode, key: string): number {
  const name = INDEXES.get(key) ?? ''
  const index = member(event, name) && count(event, name)
  if (index === undefined) throw invalidAnswer(`has an event without its \`${name}\``)
  return index
}

/** Where a string of the event stands in the whole response. */
export function placeOf(steps: readonly Step[], { fields }: EventShape): string {
  for (const [field, whole] of Object.entries(fields)) {
    const way = field.split('/')
    if (way.every((step, depth) => step === String(steps[depth]))) return whole + printPlace(steps.slice(way.length))
  }
  return printPlace(steps)
}

/** The same of what is known by its printed place alone. */
export function wholePlace(place: string, { fields }: EventShape): string {
  for (const [field, whole] of Object.entries(fields)) {
    if (place.startsWith(`/${field}/`)) return whole + place.slice(field.length + 1)
  }
  return place
}

const APPENDED =
  /^\/(output\/\d+\/(content\/\d+\/(text|refusal)|summary\/\d+\/text|arguments|input|code|operation\/diff|action\/commands\/\d+|output\/\d+\/(stdout|stderr))|audio\/(transcript|data))$/

/** Whether clients put together what stands at a place of the response. */
export const isAppended = (place: string): boolean => APPENDED.test(place)

/** Nothing follows them. */
export const LAST: ReadonlySet<string> = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.cancelled',
])
