// How a caller learns what was taken out, besides the placeholders: `x-sallyport-redacted`, a list of RFC 9651 (section 3.1)
// whose items are kinds, with the place and the direction as parameters. Never a value.
import type { Notice } from '#access/protocol.ts'
import type { Account } from './exchange.ts'

// Proxies in front cut headers at a few kilobytes.
const MOST = 16

export const REDACTION_HEADER = 'x-sallyport-redacted'

/** Its value; undefined where nothing was taken out. */
export function redactionHeader({ request, answer }: Pick<Account, 'request' | 'answer'>): string | undefined {
  const times = (request?.redactions() ?? 0) + (answer?.redactions() ?? 0)
  if (times === 0) return undefined
  const all = [...listed('request', request?.redacted()), ...listed('answer', answer?.redacted())]
  if (all.length === 0) return undefined
  const shown = all.slice(0, MOST)
  if (times > shown.length) shown.push(`more;count=${times - shown.length}`)
  return shown.join(', ')
}

const listed = (direction: 'request' | 'answer', notices: readonly Notice[] = []): readonly string[] =>
  notices.map(({ kind, place }) => `${kind};in=${direction};at="${place.replace('…', '')}"`)
