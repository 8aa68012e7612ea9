// Log-probabilities that mean nothing and never change: enough for whoever reads the shape, or searches it for secrets.

export interface TokenLogprob {
  readonly token: string
  readonly logprob: number
  readonly bytes: readonly number[]
  readonly top_logprobs: readonly Omit<TokenLogprob, 'top_logprobs'>[]
}

const encoder = new TextEncoder()

/** One entry a piece; the token itself leads its alternatives. */
export function logprobsOf(pieces: readonly string[], alternatives: number): readonly TokenLogprob[] {
  return pieces.map((piece) => {
    const chosen = entry(piece, -0.125)
    const others = Array.from({ length: Math.max(alternatives - 1, 0) }, (_, index) =>
      entry(`${piece.trimEnd()}${index + 1}`, -2 - index / 2),
    )
    return { ...chosen, top_logprobs: alternatives > 0 ? [chosen, ...others] : [] }
  })
}

function entry(token: string, logprob: number): Omit<TokenLogprob, 'top_logprobs'> {
  return { token, logprob, bytes: [...encoder.encode(token)] }
}
