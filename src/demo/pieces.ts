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

/** Arguments hold few spaces: cut at words, most would come in one piece. */
export const ARGUMENT_CHARACTERS = 8

/** In pieces of `chunk` characters, else in words. */
export function cut(text: string, chunk: number | undefined): readonly string[] {
  return chunk === undefined ? words(text) : characters(text, chunk)
}

export interface Stopped {
  readonly text: string
  /** The mark that ended it. */
  readonly mark?: string
}

/** The text up to the first of the marks. */
export function untilStop(text: string, stop: string | readonly string[] | null | undefined): Stopped {
  let end = text.length
  let found: string | undefined
  for (const mark of typeof stop === 'string' ? [stop] : (stop ?? [])) {
    const at = mark === '' ? -1 : text.indexOf(mark)
    if (at === -1 || at >= end) continue
    end = at
    found = mark
  }
  return found === undefined ? { text } : { text: text.slice(0, end), mark: found }
}
