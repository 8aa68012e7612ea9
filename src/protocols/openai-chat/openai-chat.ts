// OpenAI chat completions: one request, one answer, plain or as server-sent events.
import type { Protocol } from '#access/protocol.ts'
import { openAiInterruption, openAiRefusal } from '#protocols/openai-errors.ts'
import { isError, readAnswer, readStream } from './read-answer.ts'
import { readRequest } from './read-request.ts'

export const openAiChat: Protocol = {
  name: 'openai-chat',
  path: '/chat/completions',
  read: readRequest,
  readAnswer,
  readStream,
  isError,
  refuse: openAiRefusal,
  interrupt: openAiInterruption,
}
