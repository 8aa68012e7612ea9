// OpenAI's chat completions as the demo provider speaks them, plain and streamed.
import { askedFailure, deliverStream, deliverWhole } from '#demo/deliver.ts'
import { readDirectives } from '#demo/directives.ts'
import type { DemoProtocol, ModelCall } from '#demo/model-call.ts'
import { openAiError, openAiStreamFailure } from '#demo/openai/openai-error.ts'
import { completion, wholeParts } from './chat-answer.ts'
import { planAnswer } from './chat-plan.ts'
import { lastTurn, readChatRequest, textOf } from './chat-request.ts'
import { chunkParts } from './chat-stream.ts'

export const openAiChat: DemoProtocol = {
  answer: answerChat,
  refuse: (status, message) => openAiError({ status, message }),
}

async function answerChat(call: ModelCall): Promise<Response> {
  const headers = { 'x-request-id': `req_demo_${call.number}` }
  const { request, problem } = readChatRequest(call.body)
  if (problem) return openAiError(problem, headers)
  const { user } = lastTurn(request)
  const directives = readDirectives(user ? textOf(user) : '')
  const failure = await askedFailure(directives, call)
  if (failure) return openAiError(failure, headers)
  const envelope = {
    id: `chatcmpl-demo${call.number}`,
    created: call.created,
    model: request.model,
    service_tier: typeof request['service_tier'] === 'string' ? request['service_tier'] : 'default',
    system_fingerprint: 'fp_demo',
  }
  const plan = planAnswer(request, directives)
  const delivery = { directives, call, headers }
  if (request.stream === true) {
    return deliverStream(chunkParts(envelope, request, plan), { ...delivery, failure: openAiStreamFailure })
  }
  return deliverWhole(wholeParts(JSON.stringify(completion(envelope, request, plan)), plan), delivery)
}
