import { elsewhere, notServedBeside } from '#protocols/not-served.ts'

/** Fields that no request of the Responses API has, with the end of the sentence that says why; and some that one has. */
export const NOT_SERVED = notServedBeside(
  elsewhere(
    `messages functions function_call max_tokens max_completion_tokens n best_of reasoning_effort response_format
    web_search_options`,
  ),
)
