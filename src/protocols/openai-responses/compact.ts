// A conversation made shorter by the model: what comes back stands for the items that it was made from.
import type { Protocol } from '#access/protocol.ts'
import { openAiResponses } from './openai-responses.ts'
import { readCompacted } from './read-answer.ts'
import { requestReader } from './read-request.ts'
import { compactRequest } from './request-shape.ts'

export const openAiCompact: Protocol = {
  ...openAiResponses,
  name: 'openai-compact',
  path: '/responses/compact',
  read: requestReader({ shape: compactRequest, writes: new Set() }),
  readAnswer: readCompacted,
}
