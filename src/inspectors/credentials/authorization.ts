// The schemes of HTTP: `Bearer`, and `Basic` where it decodes to a user and a password (RFC 7617).
import { chars, has, LETTER } from './chars.ts'
import { isPlaceholder } from './placeholder.ts'
import { randomness } from './random.ts'
import { type Format, isParted, type Reading, run, type Tail, type Verdict } from './reading.ts'

const TOKEN = chars('A-Z', 'a-z', '0-9', '+/=_.~-')
const LONGEST = 1000

const scheme = (anchor: string, judge: (value: string) => number, kind: string): Format => ({
  anchor,
  lead: anchor.length,
  rank: 4,
  verify(reading: Reading, at: number): Verdict {
    if (at > 0 && has(LETTER, reading.text.charCodeAt(at - 1)) && !isParted(reading.text, at, reading.gap)) return 'no'
    const from = at + anchor.length
    const end = run(reading, from, TOKEN, LONGEST)
    if (end >= reading.end && end - from <= LONGEST && !reading.final) return 'more'
    const score = judge(reading.text.slice(from, end))
    if (score < 0.5) {
      reading.weigh(score)
      return 'no'
    }
    return { start: from, end: Math.min(end, from + LONGEST), kind, ...(end - from > LONGEST ? { tail: rest } : {}) }
  },
})

const rest: Tail = (code) => (has(TOKEN, code) ? 0 : -1)

function bearer(value: string): number {
  if (value.length < 12 || isPlaceholder(value)) return 0
  return randomness(value)
}

function basic(value: string): number {
  if (value.length < 8 || isPlaceholder(value)) return 0
  const decoded = Buffer.from(value, 'base64').toString('latin1')
  return /^[\x20-\x7e]+$/.test(decoded) && decoded.indexOf(':') > 0 ? 0.8 : 0.1
}

export const AUTHORIZATION: readonly Format[] = [
  scheme('Bearer ', bearer, 'bearer-token'),
  scheme('bearer ', bearer, 'bearer-token'),
  scheme('Basic ', basic, 'basic-auth'),
  scheme('basic ', basic, 'basic-auth'),
]
