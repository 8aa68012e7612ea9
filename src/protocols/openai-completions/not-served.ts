import { elsewhere, notServedBeside } from '#protocols/not-served.ts'

/** Fields that no completions request has, with the end of the sentence that says why. */
export const NOT_SERVED = notServedBeside(
  elsewhere(
    'messages input instructions include tools functions store web_search_options max_completion_tokens prompt_embeds',
  ),
)
