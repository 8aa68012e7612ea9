// Anthropic's token count: how much a messages request would give the model to read. Nothing is generated.
import type { Protocol } from '#access/protocol.ts'
import { anthropicInterruption, anthropicRefusal } from '#protocols/anthropic-errors.ts'
import { invalid } from './answer-parts.ts'
import { requestHeaders } from './headers.ts'
import { readCount } from './read-answer.ts'
import { readError } from './read-error.ts'
import { readCountRequest } from './read-request.ts'

export const anthropicCountTokens: Protocol = {
  name: 'anthropic-count-tokens',
  path: '/messages/count_tokens',
  action: 'infer',
  charges: 'nothing',
  requestHeaders,
  read: readCountRequest,
  readAnswer: readCount,
  readStream: () => () => {
    throw invalid('is a stream, where a number was asked for')
  },
  readError,
  refuse: anthropicRefusal,
  interrupt: anthropicInterruption,
}
