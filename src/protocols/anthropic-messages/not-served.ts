import { elsewhere, notServedBeside } from '#protocols/not-served.ts'

/** Fields that no request here may have, with the end of the sentence that says why; and some that one has. */
export const NOT_SERVED = notServedBeside([
  ['would let the provider choose another model or address', 'fallback_credit_token anthropic_version'],
  ['would let the caller choose who is billed, and where', 'billing_policy user_profile_id workspace_id'],
  ['would make the provider act', 'web_search_options'],
  ['stands for what the provider holds', 'previous_message_id'],
  ['would have the provider keep the answer', 'store'],
  ['says who asks, which is told by the gate', 'user safety_identifier'],
  ['is another name for how much is answered', 'max_completion_tokens n best_of'],
  ['is another name for how much is thought', 'reasoning reasoning_effort'],
  ...elsewhere('prompt input instructions include functions response_format'),
])
