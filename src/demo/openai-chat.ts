// OpenAI's chat completions as the demo provider speaks them, plain and streamed.
import { readDirectives, type Directives } from './directives.ts'
import type { DemoProtocol, ModelCall } from './model-call.ts'
import { completion, wholeParts } from './openai-answer.ts'
import { openAiError } from './openai-error.ts'
import { planAnswer, type Plan } from './openai-plan.ts'
import { lastTurn, readChatRequest, textOf } from './openai-request.ts'
import { chunkParts } from './openai-stream.ts'
import { pacedBody, type Pace } from './paced-body.ts'

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
  if (directives.status !== undefined) {
    if (directives.delay > 0) await call.wait(directives.delay, call.signal)
    return openAiError({ status: directives.status, message: `The demo was asked for ${directives.status}.` }, headers)
  }
  const envelope = {
    id: `chatcmpl-demo${call.number}`,
    created: call.created,
    model: request.model,
    service_tier: typeof request['service_tier'] === 'string' ? request['service_tier'] : 'default',
    system_fingerprint: 'fp_demo',
  }
  const plan = planAnswer(request, directives)
  if (request.stream === true) {
    return new Response(pacedBody(chunkParts(envelope, request, plan), paceOf(directives, call)), {
      headers: { ...headers, 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
    })
  }
  return answerWhole(completion(envelope, request, plan), plan, { directives, call, headers })
}

function paceOf(directives: Directives, call: ModelCall): Pace {
  const { delay, die } = directives
  return { delay, wait: call.wait, ended: call.ended, ...(die !== undefined && { die }) }
}

interface Circumstances {
  readonly directives: Directives
  readonly call: ModelCall
  readonly headers: Readonly<Record<string, string>>
}

/** A whole answer is one piece: it waits once, and only a dropped one is cut between the pieces of its text. */
async function answerWhole(
  answer: object,
  plan: Plan,
  { directives, call, headers }: Circumstances,
): Promise<Response> {
  const type = { 'content-type': 'application/json' }
  const json = JSON.stringify(answer)
  if (directives.die !== undefined) {
    return new Response(pacedBody(wholeParts(json, plan), paceOf(directives, call)), {
      headers: { ...headers, ...type },
    })
  }
  if (directives.delay > 0) await call.wait(directives.delay, call.signal)
  return new Response(json, { headers: { ...headers, ...type } })
}
