// Refresh tokens: opaque, each for one use. What is kept beside a used one is the answer that it got, so that a client that lost the
// answer can ask again for a short time; it is sealed with the token itself, so the store alone opens nothing.
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import { z } from 'zod'
import type { OAuthRecords } from './records.ts'

export interface RefreshToken {
  readonly session: string
  readonly client: string
  /** All that it can be used for, whatever a single use asked for. */
  readonly scope: string
  /** Milliseconds since the epoch. */
  readonly made: number
  readonly expires: number
  readonly used?: { readonly at: number; readonly answer: string }
}

export interface RefreshTokens {
  make(token: Pick<RefreshToken, 'session' | 'client' | 'scope' | 'expires'>): string
  find(text: string): RefreshToken | undefined
  /** It was used, and this is what came of it. */
  use(text: string, token: RefreshToken, answer: object): void
  /** The answer that it got. Undefined where it cannot be read any more. */
  answerOf(text: string, token: RefreshToken): Readonly<Record<string, unknown>> | undefined
}

export interface RefreshTokensOptions {
  readonly records: Pick<OAuthRecords, 'upsert' | 'find'>
  readonly random: (bytes: number) => Uint8Array
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

const MODEL = 'SessionRefresh'
const PREFIX = 'spr_'
const SECRET_BYTES = 32
const IV_BYTES = 12
const TAG_BYTES = 16
const SHAPE = /^spr_[A-Za-z0-9_-]{43}$/

const RECORD = z.object({
  session: z.string(),
  client: z.string(),
  scope: z.string(),
  made: z.number(),
  expires: z.number(),
  used: z.object({ at: z.number(), answer: z.string() }).exactOptional(),
})

export function makeRefreshTokens({ records, random, now }: RefreshTokensOptions): RefreshTokens {
  const put = (text: string, token: RefreshToken): void =>
    records.upsert(MODEL, text, { ...token }, Math.max(1, Math.ceil((token.expires - now()) / 1000)))
  return {
    make(token) {
      const text = PREFIX + Buffer.from(random(SECRET_BYTES)).toString('base64url')
      put(text, { ...token, made: now() })
      return text
    },
    find(text) {
      const found = SHAPE.test(text) ? records.find(MODEL, text) : undefined
      const token = found && RECORD.parse(found)
      return token && token.expires > now() ? token : undefined
    },
    use: (text, token, answer) => put(text, { ...token, used: { at: now(), answer: seal(text, answer, random) } }),
    answerOf: (text, { used }) => (used ? open(text, used.answer) : undefined),
  }
}

const keyOf = (text: string): Uint8Array => new Uint8Array(hkdfSync('sha256', text, '', 'sallyport refresh answer', 32))

function seal(text: string, answer: object, random: (bytes: number) => Uint8Array): string {
  const iv = random(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', keyOf(text), iv)
  const sealed = [cipher.update(JSON.stringify(answer), 'utf8'), cipher.final()]
  return Buffer.concat([iv, cipher.getAuthTag(), ...sealed]).toString('base64url')
}

function open(text: string, sealed: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const bytes = Buffer.from(sealed, 'base64url')
    const decipher = createDecipheriv('aes-256-gcm', keyOf(text), bytes.subarray(0, IV_BYTES))
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
    const opened = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()])
    return JSON.parse(opened.toString('utf8')) as Readonly<Record<string, unknown>>
  } catch {
    return undefined
  }
}
