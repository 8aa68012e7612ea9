// What begins in a stream, and with which text. Clients put a beginning where its index says, or behind all others, or in
// place of what they had: only where that is the same may it bring a text that deltas go on from.
import { type JsonNode, member } from '#lib/json-node.ts'
import { invalidAnswer } from '#protocols/openai-answer.ts'
import { itemsOf } from '#protocols/openai-chat/fields.ts'
import type { OpenTexts } from './open-texts.ts'
import { count } from '#protocols/openai-answer.ts'

export interface Beginnings {
  /** Throws a Refusal for a beginning that clients would read in different ways. `filled`: it brings a text. */
  check(type: string, event: JsonNode, filled: boolean): void
}

/** How many parts an item has. */
interface Parts {
  content: number
  summary: number
}

const SNAPSHOTS: ReadonlySet<string> = new Set(['response.created', 'response.queued', 'response.in_progress'])

const PARTS: ReadonlyMap<string, { readonly list: keyof Parts; readonly index: string }> = new Map([
  ['response.content_part.added', { list: 'content', index: 'content_index' }],
  ['response.reasoning_summary_part.added', { list: 'summary', index: 'summary_index' }],
])

const MOST_ITEMS = 4096

export function beginnings(open: OpenTexts): Beginnings {
  let items: Parts[] = []
  // A stream that was taken up again begins in its middle, and some servers count in their own way.
  let orderly = true

  const inOrder = (type: string, event: JsonNode): boolean => {
    const output = count(event, 'output_index') ?? Number.NaN
    if (type === 'response.output_item.added') {
      if (open.begun(`/output/${output}`)) throw begunTwice()
      if (items.length >= MOST_ITEMS) throw invalidAnswer('has more items than are read here')
      return items.push(partsOf(member(event, 'item'))) === output + 1
    }
    if (type === 'response.shell_call_command.added') {
      if (open.begun(`/output/${output}/action/commands/${count(event, 'command_index')}`)) throw begunTwice()
      return true
    }
    const { list, index } = PARTS.get(type) ?? {}
    if (list === undefined || index === undefined) return true
    const at = count(event, index) ?? Number.NaN
    if (open.begun(`/output/${output}/${list}/${at}`)) throw begunTwice()
    const item = items[output]
    return item !== undefined && item[list]++ === at
  }

  return {
    check(type, event, filled) {
      if (SNAPSHOTS.has(type)) {
        if (open.begun('')) throw invalidAnswer('begins anew behind its beginning')
        items = itemsOf(member(member(event, 'response'), 'output')).map(partsOf)
        return
      }
      if (!type.endsWith('.added')) return
      orderly = inOrder(type, event) && orderly
      if (filled && !orderly) throw invalidAnswer('begins with a text out of order')
    },
  }
}

const begunTwice = () => invalidAnswer('begins again what had begun')

const partsOf = (item: JsonNode | undefined): Parts => ({
  content: itemsOf(member(item, 'content')).length,
  summary: itemsOf(member(item, 'summary')).length,
})
