// How many tokens a request would have. The model is not asked, but what it refers to is read by the provider all the same.
import type { Protocol } from '#access/protocol.ts'
import { openAiResponses } from './openai-responses.ts'
import { readTokenCount } from './read-answer.ts'
import { requestReader } from './read-request.ts'
import { inputTokensRequest } from './request-shape.ts'

export const openAiInputTokens: Protocol = {
  ...openAiResponses,
  name: 'openai-input-tokens',
  charges: 'nothing',
  path: '/responses/input_tokens',
  read: requestReader({ shape: inputTokensRequest, writes: new Set(['effort']) }),
  readAnswer: readTokenCount,
}
