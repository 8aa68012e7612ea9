// OpenAI chat completions: one request, one answer, plain or as server-sent events.
import type { Protocol } from '#access/protocol.ts'
import { openAiInterruption, openAiRefusal } from '#protocols/openai-errors.ts'
import { readAnswer, readStream } from './read-answer.ts'
import { readError } from './read-error.ts'
import { readRequest } from './read-request.ts'

export const openAiChat: Protocol = {
  name: 'openai-chat',
  path: '/chat/completions',
  action: 'infer',
  tellsNoCalls: true,
  read: readRequest,
  readAnswer,
  readStream,
  readError,
  refuse: openAiRefusal,
  interrupt: openAiInterruption,
}
