// Reads a name backwards from where it ends. Most names say nothing, and text is full of them: four letters in a row, looked
// up in a table while walking, tell which deserve a closer look.
import { chars, has } from './chars.ts'

const LONGEST_NAME = 48
const NAME = chars('A-Z', 'a-z', '0-9', '_$.-', ' ')
/** What stands between a name and its sign in `const token: string = …`. */
const TYPES = new Set(['string', 'str', 'String', 'char', 'text'])

/** `{"name": "API_KEY", "value": "…"}`, and the same in YAML and XML: the name stands in another place. */
const NAMED = /\b(?:name|key)["']?\s{0,4}[:=]\s{0,4}["']?([A-Za-z0-9_.-]{2,64})["']?[,;]?\s{0,16}["']?value$/i

/** `?` is any character, or the name's end. All names that `classify` knows hold one of these. */
const STEMS =
  'key? pass pwd? _pw? -pw? .pw? ecre toke cred auth bear jwt? _pat kenn wort rase motd logi ssid ss_i ntid nt_i alue ribs pswd'.split(
    ' ',
  )
const TELLS = stemTable()
/** Whether any of them begins with these two letters: small enough for the nearest cache, and mostly enough to know. */
const PAIRS = pairTable()

/** One bit for each four characters of five bits: letters of either case are one, and a few signs fall together with letters. */
function stemTable(): Int32Array {
  const table = new Int32Array(1 << 15)
  for (const stem of STEMS) {
    const [first = 0, second = 0, third = 0, fourth = 0] = stem.split('').map((letter) => letter.charCodeAt(0) & 31)
    const start = (first << 15) | (second << 10) | (third << 5)
    const any = stem.endsWith('?')
    for (let last = any ? 0 : fourth; last <= (any ? 31 : fourth); last += 1) {
      const index = (start | last) >> 5
      table[index] = (table[index] ?? 0) | (1 << (last & 31))
    }
  }
  return table
}

function pairTable(): Uint8Array {
  const pairs = new Uint8Array(1 << 10)
  for (const stem of STEMS) pairs[((stem.charCodeAt(0) & 31) << 5) | (stem.charCodeAt(1) & 31)] = 1
  return pairs
}

/** The name that ends here, of at most so many words in one line; empty where it says nothing. */
export function nameBefore(text: string, end: number, words: number): string {
  let at = end
  let spaces = 0
  let four = 0
  let tells = false
  const least = Math.max(0, end - LONGEST_NAME)
  while (at > least) {
    const code = text.charCodeAt(at - 1)
    if (!has(NAME, code)) break
    if (code === 32 && (spaces += 1) >= words) break
    four = ((code & 31) << 15) | (four >> 5)
    if (PAIRS[four >> 10] === 1 && (((TELLS[four >> 5] ?? 0) >>> (four & 31)) & 1) === 1) tells = true
    at -= 1
  }
  if (tells || end - at === 2) {
    const name = text.slice(at, end)
    if (!/(?:^|\s)value$/i.test(name)) return name
    return NAMED.exec(text.slice(Math.max(0, end - 140), end))?.[1] ?? ''
  }
  const typed = at < end && at > least && text.charCodeAt(at - 1) === 58 && TYPES.has(text.slice(at, end).trim())
  return typed ? nameBefore(text, at - 1, words) : ''
}
