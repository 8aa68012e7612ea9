// What a bundle says of a model's parameters: plain limits, enforced on every request on its way out.

/** From least to most. */
export const REASONING_EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const

export type ReasoningEffort = (typeof REASONING_EFFORTS)[number]

/** `fixed` stands in every request; `max` lowers what is above it. */
export type ParameterLimit<T> = { readonly fixed: T } | { readonly max: T }

export interface ParameterLimits {
  /** Tokens. A `max` also stands in requests that name none, since providers then allow what they like. */
  readonly maxOutputTokens?: ParameterLimit<number>
  readonly temperature?: ParameterLimit<number>
  /** A `max` leaves requests alone that name none. */
  readonly reasoningEffort?: ParameterLimit<ReasoningEffort>
}

export const NO_LIMITS: ParameterLimits = {}
