/** What went wrong in one word. Never the message: it may quote an address, or a path with somebody's id in it. */
export function failureCode(cause: unknown): string {
  if (!(cause instanceof Error)) return 'failed'
  return 'code' in cause ? String(cause.code) : cause.name
}
