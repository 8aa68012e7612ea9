// The tokens of a Cedar text with their places: the official parser's JSON form has none. Only as much as is needed to
// find statements and clauses; whether the text is Cedar at all is the official parser's to say.

export interface Token {
  readonly kind: 'word' | 'number' | 'string' | 'symbol'
  readonly text: string
  /** Offsets into the text, in UTF-16 units; `end` is the one after the last. */
  readonly start: number
  readonly end: number
}

/** Whitespace and comments; then one token. Neither can fail after a start, so matching is linear. */
const SPACE = /(?:\s|\/\/[^\n\r]*)*/y
const TOKEN = /(\?[A-Za-z_]\w*|[A-Za-z_]\w*)|(\d+)|("(?:[^"\\]|\\[^])*")|(&&|\|\||::|==|!=|<=|>=|[^])/y

export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  for (;;) {
    SPACE.lastIndex = at
    SPACE.exec(text)
    at = SPACE.lastIndex
    TOKEN.lastIndex = at
    const match = TOKEN.exec(text)
    if (match === null) return tokens
    const kind =
      match[1] !== undefined ? 'word' : match[2] !== undefined ? 'number' : match[3] !== undefined ? 'string' : 'symbol'
    tokens.push({ kind, text: match[0], start: at, end: TOKEN.lastIndex })
    at = TOKEN.lastIndex
  }
}

const OPENING: ReadonlySet<string> = new Set(['(', '[', '{'])
const CLOSING: ReadonlySet<string> = new Set([')', ']', '}'])

/** How much deeper the brackets are after this token: 1, 0 or -1. */
export function nesting({ kind, text }: Token): number {
  if (kind !== 'symbol') return 0
  return OPENING.has(text) ? 1 : CLOSING.has(text) ? -1 : 0
}

/** Counts lines from 1 for ascending offsets. */
export function lineCounter(text: string): (offset: number) => number {
  const breaks = [...text.matchAll(/\n/g)].map((match) => match.index)
  return (offset) => {
    let [low, high] = [0, breaks.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((breaks[middle] ?? 0) < offset) low = middle + 1
      else high = middle
    }
    return low + 1
  }
}
