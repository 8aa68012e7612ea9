/** One place that could fulfil a request. Plain here; `decide` makes the decided kind, and nothing else is forwarded to. */
export interface Target {
  /** The provider's name in the bundle. */
  readonly provider: string
  /** The model's name at that provider. */
  readonly model: string
}

/** `openai/gpt-5-mini`, as the bundle writes it. */
export function printTarget(target: Target): string {
  return `${target.provider}/${target.model}`
}
