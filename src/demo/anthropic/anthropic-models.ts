// Anthropic's list of models as the demo provider answers it. Any model's name is answered; only these are listed.
import { anthropicError } from './anthropic-error.ts'

export function listAnthropicModels(models: readonly string[]): Response {
  const body = {
    data: models.map(describe),
    has_more: false,
    first_id: models[0] ?? null,
    last_id: models.at(-1) ?? null,
  }
  return Response.json(body, { headers: { 'request-id': 'req_demo_models' } })
}

export function retrieveAnthropicModel(models: readonly string[], id: string): Response {
  if (models.includes(id)) return Response.json(describe(id), { headers: { 'request-id': 'req_demo_models' } })
  return anthropicError({ status: 404, message: 'The model does not exist.' }, 'req_demo_models')
}

function describe(id: string) {
  return {
    type: 'model',
    id,
    display_name: id,
    // The demo's models never change.
    created_at: '2026-01-01T00:00:00Z',
    capabilities: null,
    deprecated_at: null,
    lifecycle: 'active',
    line: null,
    max_input_tokens: 200_000,
    max_tokens: 64_000,
    retires_at: null,
  }
}
