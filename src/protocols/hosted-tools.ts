// What tools of the provider's own are called in usage, prices and limits: one word each, whatever version of it was asked
// for, and whether a request asks for it or an answer tells that it was called.

const NAME = /^[a-z][a-z_]{0,39}$/
/** `web_search_2025_08_26`, `web_search_preview`, `code_execution_20250825`. */
const VERSION = /(?:_preview)?(?:_\d{4}_\d{2}_\d{2}|_\d{8})?$/
const ONE: readonly (readonly [variant: RegExp, name: string])[] = [
  [/(?:^|_)code_execution$/, 'code_execution'],
  [/^tool_search/, 'tool_search'],
  [/^mcp/, 'mcp'],
]

/** What does not look like a name is `other`: it may be anybody's text. */
export function hostedName(type: string): string {
  const plain = type.length > 80 ? '' : type.replace(VERSION, '')
  const [, name = plain] = ONE.find(([variant]) => variant.test(plain)) ?? []
  return NAME.test(name) ? name : 'other'
}

/** One more call; of more names than there are tools, nobody counts each. */
export function addCall(calls: Map<string, number>, type: string): void {
  const name = hostedName(type)
  const counted = calls.has(name) || calls.size < MOST_NAMES ? name : 'other'
  calls.set(counted, (calls.get(counted) ?? 0) + 1)
}

const MOST_NAMES = 32
