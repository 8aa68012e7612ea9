// Tokens in the way of OpenAI's older calls.

export interface Usage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
}

export function openAiUsage(read: number, written: number): Usage {
  return { prompt_tokens: read, completion_tokens: written, total_tokens: read + written }
}
