import { notServedBeside } from '#protocols/openai-not-served.ts'

/** Fields that no chat completions request has, with the end of the sentence that says why. */
export const NOT_SERVED = notServedBeside(['prompt', 'input', 'instructions', 'include'])
