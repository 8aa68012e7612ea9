// OpenAI text completions, which came before chat: a prompt, or several, and how each goes on.
import type { Protocol } from '#access/protocol.ts'
import { readError } from '#protocols/openai-chat/read-error.ts'
import { openAiInterruption, openAiRefusal } from '#protocols/openai-errors.ts'
import { readAnswer, readStream } from './read-answer.ts'
import { readRequest } from './read-request.ts'

export const openAiCompletions: Protocol = {
  name: 'openai-completions',
  path: '/completions',
  action: 'infer',
  read: readRequest,
  readAnswer,
  readStream,
  readError,
  refuse: openAiRefusal,
  interrupt: openAiInterruption,
}
