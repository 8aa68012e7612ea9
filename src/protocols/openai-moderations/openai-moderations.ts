// OpenAI moderations: texts and images in, verdicts out.
import type { Protocol } from '#access/protocol.ts'
import { readError } from '#protocols/openai-chat/read-error.ts'
import { openAiInterruption, openAiRefusal } from '#protocols/openai-errors.ts'
import { readAnswer, readStream } from './read-answer.ts'
import { readRequest } from './read-request.ts'

export const openAiModerations: Protocol = {
  name: 'openai-moderations',
  path: '/moderations',
  action: 'infer',
  charges: 'nothing',
  read: readRequest,
  readAnswer,
  readStream,
  readError,
  refuse: openAiRefusal,
  interrupt: openAiInterruption,
}
