// A request on its way out: the caller's bytes with our settings in them, and no other change.
import type { ParameterLimits } from '#access/parameters.ts'
import type { Settings } from '#access/protocol.ts'
import type { Edit } from '#access/text.ts'
import { type JsonObject, member, textOf } from '#lib/json-node.ts'
import { splice } from '#lib/splice.ts'
import { textIn } from '#protocols/openai-chat/fields.ts'
import { limitedEffort } from '#protocols/openai-limits.ts'
import { changesIn, refuseOtherReasoning } from './effort.ts'
import { outputTokensUnder, temperatureUnder } from './limits.ts'
import { setMembers } from './set-members.ts'

/** Besides the model's name, what of our settings a request has fields for. */
export type Writes = 'limits' | 'effort' | 'user' | 'store'

export function composeRequest(
  body: Uint8Array,
  request: JsonObject,
  settings: Settings,
  writes: ReadonlySet<Writes>,
): Uint8Array {
  const values = new Map<string, string>([['model', JSON.stringify(settings.model)]])
  const set = (name: string, value: string | number | undefined): void => {
    if (value !== undefined) values.set(name, JSON.stringify(value))
  }
  const { limits } = settings
  if (writes.has('limits')) {
    set('max_output_tokens', changed(request, 'max_output_tokens', outputTokensUnder(request, limits)))
    set('temperature', changed(request, 'temperature', temperatureUnder(request, limits)))
  }
  if (writes.has('user')) {
    set('safety_identifier', settings.user)
    if (textIn(request, 'user') !== undefined) set('user', settings.user)
  }
  if (writes.has('store') && settings.without.has('store')) values.set('store', 'false')
  if (writes.has('effort')) refuseOtherReasoning(request, limits.reasoningEffort)
  const inside = writes.has('effort') ? efforts(request, limits, values) : []
  const edits = [...inside, ...setMembers(request, values)]
  return splice(
    body,
    edits.sort((left, right) => left.start - right.start),
  )
}

/** A number that is as it should be stays as it was written. */
function changed(request: JsonObject, name: string, value: number | undefined): number | undefined {
  const node = member(request, name)
  const same = node?.kind === 'number' && Number(textOf(node)) === value
  return same ? undefined : value
}

/** Edits inside of `reasoning`, wherever it stands; where there is none and must be, it is added to the values. */
function efforts(
  request: JsonObject,
  { reasoningEffort }: ParameterLimits,
  values: Map<string, string>,
): readonly Edit[] {
  const within = (holder: JsonObject): readonly Edit[] => {
    const asked = textIn(holder, 'effort')
    const effort = limitedEffort(asked, reasoningEffort)
    return effort === undefined || effort === asked
      ? []
      : setMembers(holder, new Map([['effort', JSON.stringify(effort)]]))
  }
  const edits = changesIn(request).flatMap(within)
  const reasoning = member(request, 'reasoning')
  if (reasoning?.kind === 'object') return [...edits, ...within(reasoning)]
  const effort = limitedEffort(undefined, reasoningEffort)
  if (effort !== undefined) values.set('reasoning', JSON.stringify({ effort }))
  return edits
}
