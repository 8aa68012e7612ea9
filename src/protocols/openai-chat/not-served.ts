import { elsewhere, notServedBeside } from '#protocols/not-served.ts'

/** Fields that no chat completions request has, with the end of the sentence that says why. */
export const NOT_SERVED = notServedBeside(elsewhere('prompt input instructions include best_of'))
