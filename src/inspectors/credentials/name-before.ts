// Reads a name backwards from where it ends. Most names say nothing, and text is full of them: four letters in a row, looked
// up in a table while walking, tell which deserve a closer look.
import { chars, has } from './chars.ts'

const LONGEST_NAME = 48
const NAME = chars('A-Z', 'a-z', '0-9', '_$.-', ' ')
const COLON = 58
/** What stands between a name and its sign in `const token: string = …`. */
const TYPES = new Set(['string', 'str', 'String', 'char', 'text'])

/** `{"name": "API_KEY", "value": "…"}`, and the same in YAML and XML: the name stands in another place. */
const NAMED = /\b(?:name|key)["']?\s{0,4}[:=]\s{0,4}["']?([A-Za-z0-9_.-]{2,64})["']?[,;]?\s{0,16}["']?value$/i

/** `?` is any character, or the name's end; `^` is its beginning. All names that `classify` knows hold one of these. */
const STEMS =
  'key? pass pwd? ^pw? _pw? -pw? .pw? ecre toke cred auth bear jwt? _pat kenn wort rase motd logi ssid ss_i ntid nt_i alue ribs pswd'.split(
    ' ',
  )
const TELLS = stemTable()
/** Whether any of them begins with these two letters: small enough for the nearest cache, and mostly enough to know. */
const PAIRS = pairTable()

/** One bit for each four characters of five bits: letters of either case are one, and a few signs fall together with letters. */
function stemTable(): Int32Array {
  const table = new Int32Array(1 << 15)
  for (const stem of STEMS) {
    const [first = 0, second = 0, third = 0, fourth = 0] = lettersOf(stem)
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
  for (const stem of STEMS) {
    const [first = 0, second = 0] = lettersOf(stem)
    pairs[(first << 5) | second] = 1
  }
  return pairs
}

function lettersOf(stem: string): readonly number[] {
  return stem.split('').map((letter) => (letter === '^' ? 0 : letter.charCodeAt(0) & 31))
}

const isTelling = (four: number): boolean =>
  PAIRS[four >> 10] === 1 && (((TELLS[four >> 5] ?? 0) >>> (four & 31)) & 1) === 1

/** What may stand between a name and its sign, and how much of it at most. */
const BETWEEN = chars('=:!.?|+', ' \t"\'`[])\\')
const WIDEST_BETWEEN = 24

/** Whether `nameBefore` could have something to say of the sign at this index: quick, and never wrong with a no. */
export function mayBeNamed(codes: Uint8Array, sign: number, words: number): boolean {
  let at = sign - 1
  const near = at - WIDEST_BETWEEN
  while (at > near && BETWEEN[codes[at] ?? 0] === 1) at -= 1
  const least = at - LONGEST_NAME
  let four = 0
  let spaces = 0
  while (at > least) {
    const code = codes[at] ?? 0
    if (code === 32 && (spaces += 1) >= words) break
    if (NAME[code] !== 1) return code === COLON || isTelling(four >> 5)
    four = ((code & 31) << 15) | (four >> 5)
    if (isTelling(four)) return true
    at -= 1
  }
  return isTelling(four >> 5)
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
    if (isTelling(four)) tells = true
    at -= 1
  }
  if (tells || isTelling(four >> 5)) {
    const name = text.slice(at, end)
    if (!/(?:^|\s)value$/i.test(name)) return name
    return NAMED.exec(text.slice(Math.max(0, end - 140), end))?.[1] ?? ''
  }
  const typed = at < end && at > least && text.charCodeAt(at - 1) === COLON && TYPES.has(text.slice(at, end).trim())
  return typed ? nameBefore(text, at - 1, words) : ''
}
