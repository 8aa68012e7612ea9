// A response as it stands at one moment: whole answers, stored ones and the first and last events of a stream all hold it.
import type { ResponsePlan } from './response-plan.ts'
import type { ResponseRequest } from './response-request.ts'

export interface Made {
  readonly id: string
  /** Seconds since the epoch. */
  readonly created: number
  readonly request: ResponseRequest
  readonly plan: ResponsePlan
}

export type Status = 'queued' | 'in_progress' | 'cancelled' | 'ended'

/** Before it has ended, and where it was cancelled, it has neither output nor usage. */
export function snapshot({ id, created, request, plan }: Made, status: Status) {
  const ended = status === 'ended'
  const { incomplete } = plan
  return {
    id,
    object: 'response' as const,
    created_at: created,
    status: ended ? (incomplete ? 'incomplete' : 'completed') : status,
    background: request.background ?? false,
    completed_at: ended && !incomplete ? created : null,
    error: null,
    incomplete_details: ended && incomplete ? { reason: 'max_output_tokens' } : null,
    output: ended ? plan.output.map((item) => item.done) : [],
    usage: ended ? plan.usage : null,
    ...echoed(request),
  }
}

/** What the request said, or the default of what it did not say. */
function echoed(request: ResponseRequest) {
  const { conversation } = request
  const said = (key: string, otherwise: unknown): unknown => request[key] ?? otherwise
  return {
    model: request.model,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    max_tool_calls: said('max_tool_calls', null),
    metadata: request.metadata ?? {},
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: request.previous_response_id ?? null,
    ...(conversation && { conversation: typeof conversation === 'string' ? { id: conversation } : conversation }),
    prompt: said('prompt', null),
    prompt_cache_key: said('prompt_cache_key', null),
    reasoning: { effort: null, summary: null, ...request.reasoning },
    safety_identifier: said('safety_identifier', null),
    service_tier: said('service_tier', 'default'),
    store: request.store ?? true,
    temperature: said('temperature', 1),
    text: { ...request.text, format: request.text?.format ?? { type: 'text' } },
    tool_choice: request.tool_choice ?? 'auto',
    tools: request.tools ?? [],
    top_logprobs: request.top_logprobs ?? 0,
    top_p: said('top_p', 1),
    truncation: said('truncation', 'disabled'),
    user: said('user', null),
  }
}
