// Colour for terminals, never the only sign of anything: words and symbols say it, too.

export interface Paint {
  good(text: string): string
  bad(text: string): string
}

export function painter(color: boolean): Paint {
  const wrap = (code: number) => (text: string) => (color ? `\u001B[${code}m${text}\u001B[0m` : text)
  return { good: wrap(32), bad: wrap(31) }
}
