// What tools of the provider's own are called in usage, prices and limits: one word each, whatever version of it was asked
// for, and whether a request asks for it or an answer tells that it was called.
import { HOSTED_TOOLS, OTHER_TOOLS } from '#access/hosted-tools.ts'

const KNOWN: ReadonlySet<string> = new Set(HOSTED_TOOLS)
/** `web_search_2025_08_26`, `web_search_preview`, `code_execution_20250825`. */
const VERSION = /(?:_preview)?(?:_\d{4}_\d{2}_\d{2}|_\d{8})?$/
const ONE: readonly (readonly [variant: RegExp, name: string])[] = [
  [/(?:^|_)code_execution$/, 'code_execution'],
  [/^tool_search/, 'tool_search'],
  [/^mcp/, 'mcp'],
]

/** What is not known here is `other`: it may be anybody's text, and each name is an amount of its own. */
export function hostedName(type: string): string {
  const plain = type.length > 80 ? '' : type.replace(VERSION, '')
  const [, name = plain] = ONE.find(([variant]) => variant.test(plain)) ?? []
  return KNOWN.has(name) ? name : OTHER_TOOLS
}

/** One more call. */
export function addCall(calls: Map<string, number>, type: string): void {
  const name = hostedName(type)
  calls.set(name, (calls.get(name) ?? 0) + 1)
}
