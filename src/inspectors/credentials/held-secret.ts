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

/** As the view shows it. */
function plain(value: string): string {
  const view = createView()
  view.append(value)
  view.finish()
  return view.text()
}

/** A format whose units are compared one by one; `anchor` is the start that gives it away. */
function literal(kind: string, anchor: string, length: number, same: (code: number, at: number) => boolean): Format {
  const verify = ({ text, end, final }: Reading, at: number): Verdict => {
    for (let index = 0; index < length; index += 1) {
      if (at + index >= end) return final ? 'no' : 'more'
      if (!same(text.charCodeAt(at + index), index)) return 'no'
    }
    return { start: at, end: at + length, kind }
  }
  return { anchor, lead: 0, rank: -1, inside: true, verify }
}

const exact = (kind: string, piece: string): Format => ({
  ...literal(kind, piece.slice(0, 3), piece.length, (code, at) => code === piece.charCodeAt(at)),
})

/** The characters that depend on the secret alone, where `before` bytes stand before it in their group of three. */
function base64(kind: string, bytes: Buffer, before: number): readonly Format[] {
  const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64url')
  const end = Math.floor(((before + bytes.length) * 8) / 6)
  const middle = whole.slice(Math.ceil((before * 8) / 6), end)
  const same = (code: number, at: number): boolean => urlSafe(code) === middle.charCodeAt(at)
  return variants(middle.slice(0, 3), (letter) =>
    letter === '-' ? ['-', '+'] : letter === '_' ? ['_', '/'] : [letter],
  ).map((anchor) => literal(kind, anchor, middle.length, same))
}

const urlSafe = (code: number): number => (code === 43 ? 45 : code === 47 ? 95 : code)

function hex(kind: string, bytes: Buffer): readonly Format[] {
  const digits = bytes.toString('hex')
  const same = (code: number, at: number): boolean =>
    (code >= 65 && code <= 70 ? code + 32 : code) === digits.charCodeAt(at)
  return variants(digits.slice(0, 3), bothCases).map((anchor) => literal(kind, anchor, digits.length, same))
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
