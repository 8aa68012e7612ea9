// OpenAI's Responses API: one request, one response, plain or as server-sent events.
import type { Protocol } from '#access/protocol.ts'
import { readError } from '#protocols/openai-chat/read-error.ts'
import { openAiRefusal } from '#protocols/openai-errors.ts'
import { interrupt } from './error-event.ts'
import { readAnswer } from './read-answer.ts'
import { requestReader } from './read-request.ts'
import { readStream } from './read-stream.ts'
import { responseRequest } from './request-shape.ts'

export const openAiResponses: Protocol = {
  name: 'openai-responses',
  path: '/responses',
  action: 'infer',
  read: requestReader({ shape: responseRequest, writes: new Set(['limits', 'effort', 'user', 'store']) }),
  readAnswer,
  readStream,
  readError,
  refuse: openAiRefusal,
  interrupt,
}
