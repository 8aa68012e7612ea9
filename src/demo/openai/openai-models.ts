// OpenAI's list of models as the demo provider answers it. Any model's name is answered; only these are listed.
import { openAiError } from './openai-error.ts'

// 2026-01-01T00:00:00Z, in seconds: the demo's models never change.
const CREATED = 1_767_225_600

export function listModels(models: readonly string[]): Response {
  return Response.json({ object: 'list', data: models.map(describe) })
}

export function retrieveModel(models: readonly string[], id: string): Response {
  if (models.includes(id)) return Response.json(describe(id))
  return openAiError({ status: 404, message: 'The model does not exist.', param: 'model', code: 'model_not_found' })
}

function describe(id: string) {
  return { id, object: 'model', created: CREATED, owned_by: 'demo' }
}
