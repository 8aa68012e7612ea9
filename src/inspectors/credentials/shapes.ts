// Tokens without a prefix, known by what stands in their middle or at their end. What may still become one is held back from
// its first character on, which no prose looks like.
import { ALNUM, BASE64URL, chars, DIGIT, has, LOWER_HEX } from './chars.ts'
import { type Format, type Gap, isParted, type Reading, run, type Verdict } from './reading.ts'
import { part, walk } from './token.ts'

const AZURE = chars('A-Z', 'a-z', '0-9', '_~.-')

/** Three characters, a digit, `Q~`, and 31 to 34 more. A word before the digit is left: nobody can tell it from prose. */
const azure: Format = {
  anchor: 'Q~',
  lead: -4,
  rank: 1,
  verify(reading, at) {
    const { text } = reading
    if (at < 4 || !has(DIGIT, text.charCodeAt(at - 1))) return 'no'
    for (let index = at - 4; index < at; index += 1) if (!has(AZURE, text.charCodeAt(index))) return 'no'
    if (glued(text, at - 4, reading.gap)) return 'no'
    const end = run(reading, at + 2, AZURE, 34)
    if (end >= reading.end && end - at - 2 <= 34 && !reading.final) return 'more'
    if (end - at - 2 < 31 || end - at - 2 > 34) return 'no'
    const value = text.slice(at - 4, end)
    if (!/\d[A-Za-z]|[A-Z][a-z]/.test(value.slice(6))) return 'no'
    return { start: isWord(text, at - 4) ? at - 1 : at - 4, end, kind: 'azure-client-secret' }
  },
}

/** Whether what stands before belongs to it. */
const glued = (text: string, at: number, gap: Gap): boolean =>
  at > 0 && has(AZURE, text.charCodeAt(at - 1)) && text[at - 1] !== '.' && !isParted(text, at, gap)

const isWord = (text: string, at: number): boolean => /^[A-Za-z][a-z][a-z]$/.test(text.slice(at, at + 3))

/** The id of the bot in base64 (its digits begin so), the time, and the signature. */
const discord = (anchor: string): Format => ({
  anchor,
  lead: 0,
  rank: 1,
  verify(reading, at) {
    const { text } = reading
    if (at > 0 && has(BASE64URL, text.charCodeAt(at - 1)) && !isParted(text, at, reading.gap)) return 'no'
    const end = walk(reading, at, [part(BASE64URL, 23, 29), '.', part(BASE64URL, 6), '.', part(BASE64URL, 27, 42)])
    return typeof end === 'string' ? end : { start: at, end, kind: 'discord-token' }
  },
})

const DISCORD = ['MD', 'MT', 'Mj', 'Mz', 'ND', 'NT', 'Nj', 'Nz', 'OD', 'OT'].map(discord)

/** 32 hexadecimal digits and the data centre. Anchored at any hexadecimal digit after none: only then is the start held. */
const mailchimp: Format = {
  anchor: '-us',
  lead: -32,
  rank: 1,
  verify(reading: Reading, at: number): Verdict {
    if (at < 32) return 'no'
    const { text } = reading
    for (let index = at - 32; index < at; index += 1) if (!has(LOWER_HEX, text.charCodeAt(index))) return 'no'
    if (at > 32 && has(ALNUM, text.charCodeAt(at - 33)) && !isParted(text, at - 32, reading.gap)) return 'no'
    const end = walk(reading, at + 3, [part(DIGIT, 1, 2)])
    return typeof end === 'string' ? end : { start: at - 32, end, kind: 'mailchimp-key' }
  },
}

export const SHAPES: readonly Format[] = [azure, mailchimp, ...DISCORD]

/** Where the first of the last characters stands that may become one of these; `end` where none may. */
export function unfinishedShape(text: string, from: number, end: number, gap: Gap): number {
  return Math.min(unfinishedAzure(text, from, end, gap), unfinishedHex(text, from, end, gap))
}

function unfinishedAzure(text: string, from: number, end: number, gap: Gap): number {
  for (let start = Math.max(from, end - 5); start < end; start += 1) {
    if (glued(text, start, gap)) continue
    let fits = true
    for (let at = start; fits && at < end; at += 1) {
      const code = text.charCodeAt(at)
      fits = at < start + 3 ? has(AZURE, code) : at === start + 3 ? has(DIGIT, code) : code === 81
    }
    if (!fits) continue
    if (end - start >= 3 && isWord(text, start)) {
      if (end - start > 3) return start + 3
      continue
    }
    return start
  }
  return end
}

function unfinishedHex(text: string, from: number, end: number, gap: Gap): number {
  let last = end
  for (const sign of ['-us', '-u', '-'])
    if (text.endsWith(sign, end)) {
      last = end - sign.length
      break
    }
  let start = last
  const least = Math.max(from, last - 33)
  while (start > least && has(LOWER_HEX, text.charCodeAt(start - 1))) start -= 1
  for (let at = Math.max(start, last - 32); at < last; at += 1) {
    if (last < end && at !== last - 32) return end
    if (at === 0 || !has(ALNUM, text.charCodeAt(at - 1)) || isParted(text, at, gap)) return at
  }
  return end
}
