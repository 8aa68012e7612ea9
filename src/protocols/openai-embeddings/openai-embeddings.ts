// OpenAI embeddings: texts in, vectors out.
import type { Protocol } from '#access/protocol.ts'
import { readError } from '#protocols/openai-chat/read-error.ts'
import { openAiInterruption, openAiRefusal } from '#protocols/openai-errors.ts'
import { readAnswer, readStream } from './read-answer.ts'
import { readRequest } from './read-request.ts'

export const openAiEmbeddings: Protocol = {
  name: 'openai-embeddings',
  path: '/embeddings',
  action: 'embed',
  charges: 'input',
  read: readRequest,
  readAnswer,
  readStream,
  readError,
  refuse: openAiRefusal,
  interrupt: openAiInterruption,
}
