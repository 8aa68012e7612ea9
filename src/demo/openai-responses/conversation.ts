// What the model reads: the input of this request, after all that earlier responses read and said.
import type { OpenAiProblem } from '#demo/openai/openai-error.ts'
import { itemsOf, type InputRequest, type Item } from './response-request.ts'
import type { ResponseStore } from './response-store.ts'

export type Conversation =
  | { readonly items: readonly Item[]; readonly problem?: never }
  | { readonly items?: never; readonly problem: OpenAiProblem }

/** All that the model reads: what an earlier response read and said, and what this request adds. */
export function conversationOf(request: InputRequest, store: ResponseStore): Conversation {
  const { previous_response_id: id } = request
  const own = itemsOf(request.input)
  if (id === null || id === undefined) return { items: own }
  const previous = store.get(id)
  if (!previous) {
    const message = `Previous response with id '${id}' not found.`
    return { problem: { status: 400, message, param: 'previous_response_id', code: 'previous_response_not_found' } }
  }
  const said = previous.made.plan.output.map(({ done }): Item => ({ ...done }))
  return { items: [...previous.input, ...said, ...own] }
}

/** As the list of input items shows them: messages with parts, everything with an id. */
export function withIds(items: readonly Item[], mark: string): readonly Item[] {
  return items.map((item, index) => {
    if (typeof item.id === 'string') return item
    if (item.role === undefined) return { id: `item_${mark}_${index}`, status: 'completed', ...item }
    const { content } = item
    const type = item.role === 'assistant' ? 'output_text' : 'input_text'
    const parts = typeof content === 'string' ? [{ type, text: content }] : content
    return { ...item, id: `msg_${mark}_in${index}`, type: 'message', status: 'completed', content: parts }
  })
}
