// Calls of the provider's own tools, as a stream tells of them item by item: whoever leaves before its end has had them.
import type { Usage } from '#access/usage.ts'
import { type JsonNode, member } from '#lib/json-node.ts'
import { addCall } from '#protocols/hosted-tools.ts'
import { count } from '#protocols/openai-answer.ts'
import { textIn } from '#protocols/openai-chat/fields.ts'

/** The type of a call that the provider ran, without its `_call`; undefined for any other item. */
export function callOf(item: JsonNode): string | undefined {
  const type = textIn(item, 'type') ?? ''
  if (!type.endsWith('_call') || OF_CALLER.has(type) || isRunByCaller(item)) return undefined
  return type.slice(0, -'_call'.length)
}

const OF_CALLER: ReadonlySet<string> = new Set([
  'function_call',
  'custom_tool_call',
  'local_shell_call',
  'apply_patch_call',
  'computer_call',
])

const isRunByCaller = (item: JsonNode): boolean =>
  textIn(member(item, 'environment'), 'type') === 'local' || textIn(item, 'execution') === 'client'

export interface Calls {
  /** What was called by now, where this event tells of a call. */
  note(event: JsonNode): Pick<Usage, 'tools'> | undefined
  /** No less than was seen, whatever the end says. */
  atLeast(told: Usage): Usage
}

/** An answer with more is counted by its first ones, and by its end. */
const MOST_ITEMS = 1_000
const EVENTS: ReadonlySet<string> = new Set(['response.output_item.added', 'response.output_item.done'])

export function callsSeen(): Calls {
  /** By the index of their item: it begins, and is complete, in events of its own. */
  const seen = new Map<number, string>()
  const counted = (): Map<string, number> => {
    const calls = new Map<string, number>()
    for (const type of seen.values()) addCall(calls, type)
    return calls
  }
  return {
    note(event) {
      if (!EVENTS.has(textIn(event, 'type') ?? '')) return undefined
      const item = member(event, 'item')
      const index = count(event, 'output_index')
      if (!item || index === undefined) return undefined
      const call = callOf(item)
      if (call === seen.get(index)) return undefined
      // Only when it is complete may it say that its caller ran it.
      if (call === undefined) seen.delete(index)
      else if (seen.size < MOST_ITEMS) seen.set(index, call)
      return { tools: Object.fromEntries(counted()) }
    },
    atLeast(told) {
      if (seen.size === 0) return told
      const calls = counted()
      for (const [name, times] of Object.entries(told.tools ?? {}))
        calls.set(name, Math.max(times, calls.get(name) ?? 0))
      return { ...told, tools: Object.fromEntries(calls) }
    },
  }
}
