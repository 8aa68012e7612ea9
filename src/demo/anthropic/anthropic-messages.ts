// Anthropic's messages as the demo provider speaks them: whole, streamed, and counted beforehand.
import { askedFailure, deliverStream, deliverWhole } from '#demo/deliver.ts'
import { readDirectives } from '#demo/directives.ts'
import type { DemoProtocol, ModelCall, Refuse } from '#demo/model-call.ts'
import { anthropicError, anthropicStreamFailure } from './anthropic-error.ts'
import { countInput, inputUsage } from './input-usage.ts'
import { contentOf, eventParts, messageParts } from './message-answer.ts'
import { planMessage } from './message-plan.ts'
import { lastTurn, readCountRequest, readMessagesRequest, textOf, type CountRequest } from './messages-request.ts'
import { makeThreads, type Threads } from './threads.ts'
import { findEdited } from './thinking-signature.ts'

/** Of what is refused before it is read. */
const refuse: Refuse = (status, message) => anthropicError({ status, message }, 'req_demo_refused')

/** With threads of its own. */
export function makeAnthropicMessages(): DemoProtocol {
  const threads = makeThreads()
  return { answer: (call) => answerMessage(call, threads), refuse }
}

export const anthropicCount: DemoProtocol = { answer: answerCount, refuse }

async function answerMessage(call: ModelCall, threads: Threads): Promise<Response> {
  const requestId = `req_demo_${call.number}`
  const read = readMessagesRequest(call.body)
  const { request, problem } = read.problem ? read : threads.resume(read.request)
  if (problem) return anthropicError(problem, requestId)
  const edited = findEdited(request)
  if (edited !== undefined) {
    return anthropicError({ status: 400, message: `${edited}: Invalid \`signature\` in \`thinking\` block` }, requestId)
  }
  const directives = directivesOf(request)
  const failure = await askedFailure(directives, call)
  if (failure) return anthropicError(failure, requestId)
  const plan = planMessage(request, directives, `demo${call.number}`)
  const envelope = { id: `msg_demo${call.number}`, model: request.model, input: inputUsage(request) }
  const delivery = { directives, call, headers: { 'request-id': requestId } }
  if (request.thread) threads.hold(envelope.id, request, { role: 'assistant', content: contentOf(envelope, plan) })
  return request.stream === true
    ? deliverStream(eventParts(envelope, plan), { ...delivery, failure: () => anthropicStreamFailure(requestId) })
    : deliverWhole([...messageParts(envelope, plan)], delivery)
}

async function answerCount(call: ModelCall): Promise<Response> {
  const requestId = `req_demo_${call.number}`
  const { request, problem } = readCountRequest(call.body)
  if (problem) return anthropicError(problem, requestId)
  const directives = directivesOf(request)
  const failure = await askedFailure(directives, call)
  if (failure) return anthropicError(failure, requestId)
  const counted = { input_tokens: countInput(request), context_management: null }
  const parts = [{ kind: 'piece', text: JSON.stringify(counted) }] as const
  return deliverWhole(parts, { directives, call, headers: { 'request-id': requestId } })
}

function directivesOf(request: CountRequest) {
  return readDirectives(textOf(lastTurn(request).user?.content))
}
