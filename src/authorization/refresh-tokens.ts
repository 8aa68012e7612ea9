// Refresh tokens: opaque, each for one use. What is kept beside a used one is the answer that it got, so that a client that lost the
// answer can ask again for a short time. Like all records it is sealed with the token itself, so the store alone opens nothing.
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
  /** When, and the answer that it got. */
  readonly used?: { readonly at: number; readonly answer: Readonly<Record<string, unknown>> }
}

export interface RefreshTokens {
  make(token: Pick<RefreshToken, 'session' | 'client' | 'scope' | 'expires'>): Promise<string>
  find(text: string): Promise<RefreshToken | undefined>
  /** It was used, and this is what came of it. */
  use(text: string, token: RefreshToken, answer: Readonly<Record<string, unknown>>): Promise<void>
}

export interface RefreshTokensOptions {
  readonly records: OAuthRecords
  readonly random: (bytes: number) => Uint8Array
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

const MODEL = 'SessionRefresh'
const PREFIX = 'spr_'
const SECRET_BYTES = 32
const SHAPE = /^spr_[A-Za-z0-9_-]{43}$/

const RECORD = z.object({
  session: z.string(),
  client: z.string(),
  scope: z.string(),
  made: z.number(),
  expires: z.number(),
  used: z.object({ at: z.number(), answer: z.record(z.string(), z.unknown()) }).exactOptional(),
})

export function makeRefreshTokens({ records, random, now }: RefreshTokensOptions): RefreshTokens {
  const kept = records.of(MODEL)
  const put = (text: string, token: RefreshToken): Promise<void> =>
    kept.upsert(text, { ...token }, Math.max(1, Math.ceil((token.expires - now()) / 1000)))
  return {
    async make({ session, client, scope, expires }) {
      const text = PREFIX + Buffer.from(random(SECRET_BYTES)).toString('base64url')
      await put(text, { session, client, scope, expires, made: now() })
      return text
    },
    async find(text) {
      const found = SHAPE.test(text) ? await kept.find(text) : undefined
      const token = found && RECORD.parse(found)
      return token && token.expires > now() ? token : undefined
    },
    use: (text, token, answer) => put(text, { ...token, used: { at: now(), answer } }),
  }
}
