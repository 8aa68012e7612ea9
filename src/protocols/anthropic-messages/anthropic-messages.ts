// Anthropic messages: one request, one answer, plain or as named server-sent events.
import type { Protocol } from '#access/protocol.ts'
import { anthropicInterruption, anthropicRefusal } from '#protocols/anthropic-errors.ts'
import { requestHeaders } from './headers.ts'
import { readAnswer } from './read-answer.ts'
import { readError } from './read-error.ts'
import { readRequest } from './read-request.ts'
import { readStream } from './read-stream.ts'

export const anthropicMessages: Protocol = {
  name: 'anthropic-messages',
  path: '/messages',
  action: 'infer',
  requestHeaders,
  read: readRequest,
  readAnswer,
  readStream,
  readError,
  refuse: anthropicRefusal,
  interrupt: anthropicInterruption,
}
