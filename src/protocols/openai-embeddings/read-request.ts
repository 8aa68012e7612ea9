// What an embeddings request says. None of the parameters that a bundle limits are its.
import type { Reading } from '#access/protocol.ts'
import { type JsonObject, member } from '#lib/json-node.ts'
import { jsonBody, MOST_VALUES_OF_TOKENS } from '#protocols/json-body.ts'
import { textIn } from '#protocols/openai-chat/fields.ts'
import { inputTexts, tokensOfInput } from '#protocols/openai-input.ts'
import { withFields } from '#protocols/openai-settings.ts'
import type { Notes } from '#protocols/shape.ts'
import { embeddingsRequest, FIELDS } from './request-shape.ts'

export function readRequest(body: Uint8Array, depth = 128): Reading {
  const root = jsonBody(body, depth, MOST_VALUES_OF_TOKENS)
  const notes: Notes = { unknown: [], obscure: [] }
  embeddingsRequest(root, '', notes)
  const request = root as JsonObject

  return {
    model: textIn(request, 'model') ?? '',
    streaming: false,
    parametersUnder: () => ({ tools: 0n, logprobs: false }),
    inputTokens: tokensOfInput(member(request, 'input')),
    metadata: new Map(),
    acts: [],
    unknown: notes.unknown,
    texts: () => inputTexts(request, 'input', FIELDS),
    compose: ({ model, user }) =>
      withFields(body, request, {
        model,
        user,
        ...(member(request, 'safety_identifier') ? { safety_identifier: user } : {}),
      }),
  }
}
