// Who a request came from, as the proxies on its way wrote it down. Read from the right: there stands what the nearest
// proxy wrote, and only as far as each writer is one of ours. What stands further left is the caller's own word.
import type { Network } from '#lib/network.ts'
import type { ProxyConfig } from '#policy/bundle/config.ts'
import { readNode } from './source-address.ts'

/** The nearest address that is not a trusted proxy's; undefined where none is named, or an element before it cannot be read. */
export function forwardedFor(
  header: string,
  kind: ProxyConfig['address'],
  isTrusted: (address: Network) => boolean,
): Network | undefined {
  for (let end = header.length; end >= 0;) {
    const comma = end === 0 ? -1 : header.lastIndexOf(',', end - 1)
    const element = header.slice(comma + 1, end)
    // A name instead of an address would hide whoever stands to its left: nothing there can be relied on.
    const address = kind === 'forwarded' ? readElement(element) : readNode(trimmed(element), { bare: true })
    if (address === undefined) return undefined
    if (!isTrusted(address)) return address
    end = comma
  }
  return undefined
}

/**
 * One element of `Forwarded` (RFC 7239 §4): pairs with `;` between them, `for` exactly once. A comma always ends an
 * element, within quotes, too: no address holds one, and a quote that a caller left open would swallow what the proxy
 * wrote behind it. For the same reason a quoted value holds neither quotes nor backslashes here.
 */
function readElement(element: string): Network | undefined {
  let found: string | undefined
  for (const pair of element.split(';')) {
    const text = trimmed(pair)
    if (text === '') continue
    const [, name = '', quoted, token] = PAIR.exec(text) ?? []
    if (name === '' || (quoted === undefined && token === undefined)) return undefined
    if (name.toLowerCase() !== 'for') continue
    if (found !== undefined) return undefined
    found = quoted ?? token
  }
  // §6: an IPv6 address stands in brackets, and in quotes.
  return found === undefined ? undefined : readNode(found, { bare: false })
}

/** Token, or quoted string without an escape (RFC 9110 §5.6.2, §5.6.4). */
const PAIR = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:"([^"\\]*)"|([!#$%&'*+.^_`|~0-9A-Za-z-]+))$/

/** Optional white space of RFC 9110 §5.6.3: `trim` would take more than that. */
function trimmed(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && isBlank(text.charCodeAt(start))) start += 1
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1
  return text.slice(start, end)
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09
