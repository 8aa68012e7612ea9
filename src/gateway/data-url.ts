// What stands in base64 or in a `data:` URL: its bytes, and its text where it is one.
import { isUtf8 } from 'node:buffer'

export interface Content {
  readonly bytes: Buffer
  /** In lower case; empty where none is named. */
  readonly charset: string
}

/** Of base64, alone or in a `data:` URL (RFC 2397), read as leniently as browsers do (WHATWG Fetch, section 6). */
export function contentOf(value: string): Content {
  if (!/^\s*data:/i.test(value)) return { bytes: Buffer.from(value, 'base64'), charset: '' }
  const comma = value.indexOf(',')
  const head = (comma < 0 ? value : value.slice(0, comma)).toLowerCase()
  const content = comma < 0 ? Buffer.alloc(0) : percentDecoded(value.slice(comma + 1))
  const charset = /;\s*charset\s*=\s*"?([a-z0-9_-]{1,40})/.exec(head)?.[1] ?? ''
  const isBase64 = /;\s*base64\s*$/.test(head)
  return { bytes: isBase64 ? Buffer.from(content.toString('latin1'), 'base64') : content, charset }
}

const PERCENT = 0x25

/** What is no escape stands for itself. */
function percentDecoded(text: string): Buffer {
  if (!text.includes('%')) return Buffer.from(text)
  const bytes = Buffer.from(text)
  let length = 0
  for (let at = 0; at < bytes.length; at++) {
    const digits = bytes[at] === PERCENT ? bytes.toString('latin1', at + 1, at + 3) : ''
    const escaped = /^[0-9a-f]{2}$/i.test(digits)
    bytes[length++] = escaped ? Number.parseInt(digits, 16) : (bytes[at] ?? 0)
    if (escaped) at += 2
  }
  return bytes.subarray(0, length)
}

/** Undefined where it is no text that can be read here. */
export function decoded(bytes: Buffer, charset: string): string | undefined {
  if (/^utf-?16(?:le)?$/.test(charset)) return bytes.toString('utf16le')
  if (charset === 'utf-16be') {
    const swapped = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)))
    swapped.swap16()
    return swapped.toString('utf16le')
  }
  // Text of two bytes a character is UTF-8 with a NUL behind every letter.
  if (!PLAIN_CHARSETS.has(charset) || !isUtf8(bytes) || bytes.includes(0)) return undefined
  return bytes.toString('utf8')
}

const PLAIN_CHARSETS: ReadonlySet<string> = new Set(['', 'utf-8', 'utf8', 'us-ascii', 'ascii'])
