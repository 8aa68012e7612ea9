// How an answer is cut into pieces. A piece is the demo's token: usage, `max_tokens` and log-probabilities count pieces.

/** Each word with the space after it: joined again they are the text, to the last space. */
export function words(text: string): readonly string[] {
  return text.match(/^\s+|\S+\s*/g) ?? []
}

/** Pieces of `size` characters; characters are code points, so that no surrogate pair is ever torn. */
export function characters(text: string, size: number): readonly string[] {
  const all = Array.from(text)
  const pieces: string[] = []
  for (let at = 0; at < all.length; at += size) pieces.push(all.slice(at, at + size).join(''))
  return pieces
}
