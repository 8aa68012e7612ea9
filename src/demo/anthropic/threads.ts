// Message threads: a conversation that the provider holds under the id of its last answer, so that a request brings only
// what is new. The client's tool runner asks for one of its own accord. In memory, the oldest going first.
import type { AnthropicProblem } from './anthropic-error.ts'
import type { Message, MessagesRequest } from './messages-request.ts'

export interface Threads {
  /** The whole conversation that a request goes on with; the request itself where it goes on with none. */
  resume(request: MessagesRequest): Resumed
  /** Holds the conversation, with its answer, under the answer's id. */
  hold(id: string, request: MessagesRequest, answer: Message): void
}

export type Resumed =
  | { readonly request: MessagesRequest; readonly problem?: never }
  | { readonly request?: never; readonly problem: AnthropicProblem }

const MOST_THREADS = 1_000

export function makeThreads(): Threads {
  const held = new Map<string, MessagesRequest>()
  return {
    resume(request) {
      if (request.thread?.type !== 'continue') return { request }
      const earlier = held.get(request.thread.previous_message_id)
      const details = { error_code: 'thread_not_found' }
      if (!earlier) return { problem: { status: 404, message: 'The thread was not found.', details } }
      return { request: { ...earlier, ...request, messages: [...earlier.messages, ...request.messages] } }
    },
    hold(id, request, answer) {
      held.set(id, { ...request, messages: [...request.messages, answer] })
      const [oldest] = held.keys()
      if (held.size > MOST_THREADS && oldest !== undefined) held.delete(oldest)
    },
  }
}
