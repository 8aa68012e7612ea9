// Which protocol is spoken at which address of the demo provider.
import { anthropicCount, makeAnthropicMessages } from './anthropic/anthropic-messages.ts'
import type { DemoProtocol } from './model-call.ts'
import { openAiChat } from './openai-chat/openai-chat.ts'
import { openAiCompletions } from './openai-completions/openai-completions.ts'
import { openAiEmbeddings } from './openai/openai-embeddings.ts'
import { openAiModerations } from './openai/openai-moderations.ts'
import { makeOpenAiResponses } from './openai-responses/openai-responses.ts'

export type FindProtocol = (method: string, path: string) => DemoProtocol | undefined

const POSTED: ReadonlyMap<string, DemoProtocol> = new Map([
  ['/v1/chat/completions', openAiChat],
  ['/v1/completions', openAiCompletions],
  ['/v1/embeddings', openAiEmbeddings],
  ['/v1/moderations', openAiModerations],
  ['/v1/messages/count_tokens', anthropicCount],
])

/** One provider's protocols: what they remember, they remember for it alone. */
export function makeProtocols(): FindProtocol {
  const posted = new Map([...POSTED, ['/v1/messages', makeAnthropicMessages()]])
  const findResponses = makeOpenAiResponses()
  return (method, path) => (method === 'POST' ? posted.get(path) : undefined) ?? findResponses(method, path)
}
