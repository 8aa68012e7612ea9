// OpenAI's responses as the demo provider speaks them: made whole, streamed or in the background, and kept unless told not to.
import { askedFailure, deliverStream, deliverWhole, jsonParts } from '#demo/deliver.ts'
import { readDirectives } from '#demo/directives.ts'
import type { DemoProtocol, ModelCall } from '#demo/model-call.ts'
import { openAiError } from '#demo/openai/openai-error.ts'
import { conversationOf, withIds } from './conversation.ts'
import { compactInput, countTokens } from './input-calls.ts'
import { planResponse } from './response-plan.ts'
import { lastTurn, readResponseRequest, textOf } from './response-request.ts'
import { snapshot } from './response-snapshot.ts'
import { makeResponseStore, type ResponseStore } from './response-store.ts'
import { eventParts, streamFailure } from './response-stream.ts'
import { storedProtocol } from './stored-responses.ts'

/** The protocol at `/v1/responses` and below it. */
export function makeOpenAiResponses(): (method: string, path: string) => DemoProtocol | undefined {
  const store = makeResponseStore()
  const posted = new Map<string, DemoProtocol['answer']>([
    ['/v1/responses', (call) => answerResponse(call, store)],
    ['/v1/responses/input_tokens', (call) => countTokens(call, (request) => conversationOf(request, store))],
    ['/v1/responses/compact', (call) => compactInput(call, (request) => conversationOf(request, store))],
  ])
  return (method, path) => {
    const answer = (method === 'POST' ? posted.get(path) : undefined) ?? storedProtocol(method, path, store)
    return answer && { answer, refuse: (status, message) => openAiError({ status, message }) }
  }
}

async function answerResponse(call: ModelCall, store: ResponseStore): Promise<Response> {
  const headers = { 'x-request-id': `req_demo_${call.number}` }
  const { request, problem } = readResponseRequest(call.body)
  if (problem) return openAiError(problem, headers)
  const read = conversationOf(request, store)
  if (read.problem) return openAiError(read.problem, headers)
  const { items } = read
  const directives = readDirectives(textOf(lastTurn(items).user?.['content']))
  const failure = await askedFailure(directives, call)
  if (failure) return openAiError(failure, headers)

  const mark = `demo${call.number}`
  const plan = planResponse({ request, items, directives, mark })
  const made = { id: `resp_${mark}`, created: call.created, request, plan }
  const waits = request.background === true && request.stream !== true
  const status = waits ? 'queued' : 'ended'
  if (request.store !== false) store.put({ made, input: withIds(items, mark), status })
  const delivery = { directives, call, headers }
  if (request.stream === true) return deliverStream(eventParts(made), { ...delivery, failure: streamFailure })
  return deliverWhole(jsonParts(JSON.stringify(snapshot(made, status)), ...plan.pieces), delivery)
}
