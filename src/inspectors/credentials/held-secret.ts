// Secrets that the gate itself holds, wherever they stand: as they are, in base64 with any neighbours, percent-encoded, in
// hexadecimal. A form is followed unit by unit, so that every mixture of cases and of encoded and plain characters is found.
import { type Format, type Reading, type Verdict } from './reading.ts'
import { createView } from './view.ts'

export interface HeldSecret {
  readonly kind: string
  readonly value: string
}

/** Shorter ones would be found in ordinary text. */
const LEAST = 8
/** Longer ones are looked for by pieces, each of which fits into what may be held back. */
const PIECE = 600

export function heldSecrets(secrets: readonly HeldSecret[]): readonly Format[] {
  return secrets.filter(({ value }) => value.length >= LEAST).flatMap(({ kind, value }) => forms(kind, value))
}

function forms(kind: string, value: string): readonly Format[] {
  const seen = plain(value)
  const pieces: string[] = []
  for (let at = 0; at < seen.length; at += PIECE)
    pieces.push(seen.slice(Math.min(at, Math.max(0, seen.length - LEAST)), at + PIECE))
  return pieces.flatMap((piece) => {
    const bytes = Buffer.from(piece)
    const encoded = [0, 1, 2].flatMap((before) => base64(kind, bytes, before))
    return [exact(kind, piece)].concat(encoded, percent(kind, piece), hex(kind, bytes))
  })
}

/** As the view shows it. An end that what follows might make an escape is left out. */
function plain(value: string): string {
  const view = createView()
  view.append(value)
  view.dropControls()
  return view.text()
}

interface Literal {
  readonly anchor: string
  readonly length: number
  readonly same: (code: number, at: number) => boolean
  /** Lines may be broken anywhere behind the anchor, as MIME does (RFC 2045 §6.8), also by an escaped line end. */
  readonly breaks?: boolean
}

/** A format whose units are compared one by one; `anchor` is the start that gives it away. */
function literal(kind: string, { anchor, length, same, breaks }: Literal): Format {
  const verify = ({ text, end, final }: Reading, at: number): Verdict => {
    let place = at
    for (let index = 0; index < length; index += 1, place += 1) {
      if (breaks === true && index > 0) place = behindBreak(text, place, Math.min(end, at + 2 * length))
      if (place >= end) return final ? 'no' : 'more'
      if (!same(text.charCodeAt(place), index)) return 'no'
    }
    return { start: at, end: place, kind }
  }
  return { anchor, lead: 0, rank: -1, inside: true, verify }
}

function behindBreak(text: string, from: number, most: number): number {
  let at = from
  while (at < most) {
    const code = text.charCodeAt(at)
    if (code === 92 && at + 1 >= most) return most
    if (code === 92 && /[nrt]/.test(text[at + 1] ?? '')) at += 2
    else if (code === 10 || code === 13 || code === 32 || code === 9) at += 1
    else break
  }
  return at
}

const exact = (kind: string, piece: string): Format => ({
  ...literal(kind, {
    anchor: piece.slice(0, 3),
    length: piece.length,
    same: (code, at) => code === piece.charCodeAt(at),
  }),
})

/** The characters that depend on the secret alone, where `before` bytes stand before it in their group of three. */
function base64(kind: string, bytes: Buffer, before: number): readonly Format[] {
  const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64url')
  const end = Math.floor(((before + bytes.length) * 8) / 6)
  const middle = whole.slice(Math.ceil((before * 8) / 6), end)
  const same = (code: number, at: number): boolean => urlSafe(code) === middle.charCodeAt(at)
  return variants(middle.slice(0, 3), (letter) =>
    letter === '-' ? ['-', '+'] : letter === '_' ? ['_', '/'] : [letter],
  ).map((anchor) => literal(kind, { anchor, length: middle.length, same, breaks: true }))
}

const urlSafe = (code: number): number => (code === 43 ? 45 : code === 47 ? 95 : code)

function hex(kind: string, bytes: Buffer): readonly Format[] {
  const digits = bytes.toString('hex')
  const same = (code: number, at: number): boolean =>
    (code >= 65 && code <= 70 ? code + 32 : code) === digits.charCodeAt(at)
  return variants(digits.slice(0, 3), bothCases).map((anchor) =>
    literal(kind, { anchor, length: digits.length, same, breaks: true }),
  )
}

/** Each byte as itself or as `%` and two digits; a space also as `+`. Of plain text only, `exact` knows. */
function percent(kind: string, piece: string): readonly Format[] {
  const bytes = Buffer.from(piece)
  const first = bytes[0] ?? 0
  const verify = ({ text, end, final }: Reading, at: number): Verdict => {
    let index = at
    for (const byte of bytes) {
      if (index >= end) return final ? 'no' : 'more'
      const code = text.charCodeAt(index)
      if (code === byte || (byte === 32 && code === 43)) index += 1
      else {
        if (code !== 37) return 'no'
        if (index + 3 > end) return final ? 'no' : 'more'
        if (Number.parseInt(text.slice(index + 1, index + 3), 16) !== byte) return 'no'
        index += 3
      }
    }
    return { start: at, end: index, kind }
  }
  const encoded = `%${first.toString(16).padStart(2, '0')}`
  const anchors = [...variants(encoded, bothCases)]
  const second = String.fromCharCode(bytes[1] ?? 0)
  if (first < 128)
    anchors.push(`${String.fromCharCode(first)}%`, `${String.fromCharCode(first)}${second === ' ' ? '+' : second}`)
  return anchors.map((anchor) => ({ anchor, lead: 0, rank: -1, inside: true, verify }))
}

const bothCases = (letter: string): readonly string[] => [...new Set([letter.toLowerCase(), letter.toUpperCase()])]

/** Every way to write the text with the variants of its characters. */
function variants(text: string, of: (letter: string) => readonly string[]): readonly string[] {
  let done: readonly string[] = ['']
  for (const letter of text) done = done.flatMap((each) => of(letter).map((next) => each + next))
  return done
}
