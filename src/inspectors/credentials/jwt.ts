// JSON Web Tokens (RFC 7515, 7516): the header decodes to JSON that names an algorithm. The payload can be of any length.
import { BASE64URL, has } from './chars.ts'
import { type Format, opens, run, type Tail, WEAK } from './reading.ts'

const LONGEST_HEADER = 2000
/** Of the payload: with them it is certain. */
const LEAST = 10
const DOT = 46

/** The state counts dots: JWE has four. */
const rest: Tail = (code, state) => {
  if (has(BASE64URL, code)) return state
  return code === DOT && state < 4 ? state + 1 : -1
}

export const JWT: Format = {
  anchor: 'eyJ',
  lead: 0,
  rank: 2,
  verify(reading, at) {
    if (!opens(reading.text, at, reading.gap)) return 'no'
    const end = run(reading, at, BASE64URL, LONGEST_HEADER)
    if (end >= reading.end && end - at <= LONGEST_HEADER) return reading.final ? 'no' : 'more'
    if (reading.text.charCodeAt(end) !== DOT || !isHeader(reading.text.slice(at, end))) return 'no'
    const payload = run(reading, end + 1, BASE64URL, LEAST)
    if (payload - end > LEAST) return { start: at, end: end + 1 + LEAST, kind: 'jwt', tail: rest }
    if (payload >= reading.end && !reading.final) return 'more'
    reading.weigh(WEAK)
    return 'no'
  },
}

/** Of `{"alg":""}`, in base64. */
const SHORTEST_HEADER = 14

function isHeader(encoded: string): boolean {
  if (encoded.length < SHORTEST_HEADER) return false
  try {
    const header: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString())
    return typeof header === 'object' && header !== null && ('alg' in header || 'enc' in header)
  } catch {
    return false
  }
}
