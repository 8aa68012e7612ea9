// The two calls that only read an input: how many tokens it has, and what is left of it when it is made shorter.
import { askedFailure, deliverWhole } from '#demo/deliver.ts'
import { readDirectives } from '#demo/directives.ts'
import type { ModelCall } from '#demo/model-call.ts'
import { openAiError } from '#demo/openai/openai-error.ts'
import type { Conversation } from './conversation.ts'
import { encrypt } from './response-plan.ts'
import { countInput, lastTurn, readInputRequest, textOf, type InputRequest, type Item } from './response-request.ts'

type FindConversation = (request: InputRequest) => Conversation

export function countTokens(call: ModelCall, find: FindConversation): Promise<Response> {
  return answerInput(call, find, (tokens) => ({ object: 'response.input_tokens', input_tokens: tokens }))
}

/** The user's messages stay as they are; everything else is one opaque item. */
export function compactInput(call: ModelCall, find: FindConversation): Promise<Response> {
  return answerInput(call, find, (tokens, items) => {
    const mark = `demo${call.number}`
    const kept = items
      .filter((item) => item.role === 'user')
      .map((item, index) => ({
        id: `msg_${mark}_${index}`,
        type: 'message',
        role: 'user',
        status: 'completed',
        content: [{ type: 'input_text', text: textOf(item['content']) }],
      }))
    const compaction = { id: `cmp_${mark}`, type: 'compaction', encrypted_content: encrypt(JSON.stringify(items)) }
    const usage = {
      input_tokens: tokens,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: 1,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: tokens + 1,
    }
    const output = [...kept, compaction]
    return { id: `resp_${mark}`, object: 'response.compaction', created_at: call.created, output, usage }
  })
}

async function answerInput(
  call: ModelCall,
  find: FindConversation,
  make: (tokens: number, items: readonly Item[]) => object,
): Promise<Response> {
  const headers = { 'x-request-id': `req_demo_${call.number}` }
  const { request, problem } = readInputRequest(call.body)
  if (problem) return openAiError(problem, headers)
  const read = find(request)
  if (read.problem) return openAiError(read.problem, headers)
  const directives = readDirectives(textOf(lastTurn(read.items).user?.['content']))
  const failure = await askedFailure(directives, call)
  if (failure) return openAiError(failure, headers)
  const answer = make(countInput(request.instructions, read.items), read.items)
  return deliverWhole([{ kind: 'piece', text: JSON.stringify(answer) }], { directives, call, headers })
}
