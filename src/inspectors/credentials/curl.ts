// `curl -u user:password`: the option is looked at only where the command stands before it.
import { isPlaceholder } from './placeholder.ts'
import { randomness } from './random.ts'
import { type Format, LOOK_BACK, type Reading, type Verdict, WEAK } from './reading.ts'

const LONGEST = 250
/** What manuals write for a password. */
const STAND_IN =
  /^(?:test|pass|passwd|password|pwd|token|secret|api[-_]?(?:key|token)|user|username|admin|key|yyy+|zzz+)$/i

const option = (anchor: string): Format => ({
  anchor,
  lead: anchor.length,
  rank: 3,
  verify(reading: Reading, at: number): Verdict {
    const { text, end, final } = reading
    if (!/\bcurl\b/.test(text.slice(Math.max(0, at - LOOK_BACK + 16), at))) return 'no'
    let from = at + anchor.length
    while (from < end && from < at + 16 && (text[from] === ' ' || text[from] === '=')) from += 1
    if (from + 1 >= end) return final ? 'no' : 'more'
    const quote = text[from] === '"' || text[from] === "'" ? text[from] : undefined
    if (quote !== undefined) from += 1
    let to = from
    while (to < end && to < from + LONGEST && !closes(text[to] ?? '', quote)) to += 1
    if (to >= end && to < from + LONGEST && !final) return 'more'
    if (to === from + LONGEST) return 'no'
    const given = text.slice(from, to)
    const colon = given.indexOf(':')
    if (colon < 0) return 'no'
    const password = given.slice(colon + 1)
    if (password === '' && randomness(given.slice(0, colon)) >= 0.5 && colon > 9)
      return { start: from, end: from + colon, kind: 'basic-auth' }
    if (password.length > 3 && !isMade(given.slice(0, colon), password))
      return { start: from + colon + 1, end: to, kind: 'basic-auth' }
    reading.weigh(WEAK)
    return 'no'
  },
})

const closes = (letter: string, quote: string | undefined): boolean =>
  letter === '\n' || (quote === undefined ? /[\s"'`]/.test(letter) : letter === quote)

const isMade = (user: string, password: string): boolean =>
  [user, password].some((each) => isPlaceholder(each) || /[<>{}[\]]|^\$/.test(each)) || STAND_IN.test(password)

export const CURL: readonly Format[] = [option(' -u'), option(' --user')]
