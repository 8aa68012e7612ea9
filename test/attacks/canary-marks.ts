// Canaries: texts of which no part may appear where nobody put them. Each belongs to one place, so that a leak names its
// origin. Some are credentials in their issuers' forms, made at run time and opening nothing; the `unknown` ones have no form
// that anybody could recognise: where they stay hidden, it is because nothing of that place is repeated at all.
import { createHash } from 'node:crypto'

export type Kind = 'unknown' | 'aws' | 'github' | 'gitlab' | 'anthropic' | 'jwt' | 'connection' | 'private-key'

export interface Canary {
  readonly place: string
  /** `gate`: a secret that the gate itself holds. */
  readonly kind: Kind | 'gate'
  /** What is planted. */
  readonly text: string
  /** The part of it that nobody could guess. */
  readonly core: string
}

export function canary(place: string, kind: Kind): Canary {
  const seed = `${kind} at ${place}`
  const made = (core: string, before = '', after = ''): Canary => ({ place, kind, core, text: before + core + after })
  switch (kind) {
    case 'unknown':
      return made(letters(seed, 'ghijklmnopqrstuvwxyz', 24), 'canary-')
    case 'aws':
      return made(letters(seed, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16), 'AKIA')
    case 'github': {
      const core = letters(seed, BASE62, 30)
      return made(core, 'ghp_', checksumOf(core))
    }
    case 'gitlab':
      return made(letters(seed, 'abcdefghijklmnopqrstuvwxyz0123456789', 20), 'glpat-')
    case 'anthropic':
      return made(letters(seed, BASE62, 91), 'sk-ant-api03-', 'AA')
    case 'jwt': {
      const head = base64url('{"alg":"HS256","typ":"JWT"}')
      return made(letters(seed, BASE62, 43), `${head}.${base64url(`{"sub":"${letters(seed, 'xyz', 10)}"}`)}.`)
    }
    case 'connection':
      return made(letters(seed, BASE62, 24), 'postgres://app:', '@db.internal:5432/app')
    case 'private-key': {
      const core = Array.from({ length: 6 }, (_, line) => letters(`${seed} ${line}`, BASE62, 64)).join('\n')
      return made(core, '-----BEGIN PRIVATE KEY-----\n', '\n-----END PRIVATE KEY-----\n')
    }
  }
}

/** Those that fit on one line. */
export const LINES: readonly Kind[] = ['aws', 'github', 'gitlab', 'anthropic', 'jwt', 'connection']

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

const base64url = (text: string): string => Buffer.from(text).toString('base64url')

/** As random as a hash, and the same at each run. */
function letters(seed: string, alphabet: string, length: number): string {
  let text = ''
  for (let turn = 0; text.length < length; turn++) {
    for (const byte of createHash('sha256').update(`${seed} ${turn}`).digest())
      text += alphabet[byte % alphabet.length] ?? ''
  }
  return text.slice(0, length)
}

/** GitHub's: CRC-32 of what stands before it, in six digits of base 62. */
function checksumOf(core: string): string {
  let rest = Bun.hash.crc32(core)
  let text = ''
  for (let digit = 0; digit < 6; digit++) {
    text = (BASE62[rest % 62] ?? '') + text
    rest = Math.floor(rest / 62)
  }
  return text
}

/** Ten characters in a row are no chance, and more than any public prefix. */
const WINDOW = 10

/** `place, kind: where` of every canary of which a part stands in one of these texts, as it is, in base64 or in hex. */
export function found(canaries: readonly Canary[], texts: ReadonlyMap<string, string>): readonly string[] {
  const windows = new Map<string, Canary>()
  for (const each of canaries) for (const window of windowsOf(each.core)) windows.set(window, each)
  const leaks = new Set<string>()
  for (const [where, text] of texts) {
    for (let at = 0; at + WINDOW <= text.length; at++) {
      const hit = windows.get(text.slice(at, at + WINDOW))
      if (hit) leaks.add(`${hit.place}, ${hit.kind}: ${where}`)
    }
  }
  return [...leaks].sort()
}

function* windowsOf(core: string): Generator<string> {
  const encoded = [0, 1, 2].map((shift) => base64url('x'.repeat(shift) + core).slice(4, -4))
  for (const text of [core, ...encoded]) {
    for (let at = 0; at + WINDOW <= text.length; at++) yield text.slice(at, at + WINDOW)
  }
  yield Buffer.from(core).toString('hex').slice(0, WINDOW)
}
