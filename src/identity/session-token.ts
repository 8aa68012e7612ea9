// Identity by session token: the gate's own short-lived tokens, each of one session. The signature is remembered, the session never:
// its row is read for every request, so that what ended or was revoked is so at the very next one.
import type { Authenticator, Presented } from '#access/authenticator.ts'
import type { Principal } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'
import type { OnlyOnce, Sessions } from '#access/session.ts'
import type { VirtualKeys } from '#access/virtual-key.ts'
import type { Clock } from '#lib/clock.ts'
import { makeDpop } from './dpop.ts'
import type { DpopNonces } from './dpop-nonce.ts'
import { NOT_MINE } from './not-mine.ts'
import { checkShown } from './session-token-binding.ts'
import { principalIn } from './session-token-principal.ts'
import { makeSessionTokens, type VerifyingRing } from './session-token-read.ts'
import { type ApplicationTerms, makeStandingOf } from './session-token-standing.ts'

export interface SessionAuthenticatorOptions {
  readonly ring: VerifyingRing
  readonly sessions: Pick<Sessions, 'find' | 'end' | 'strike' | 'isRevoked'>
  readonly onlyOnce: OnlyOnce
  readonly nonces: Pick<DpopNonces, 'accepts'>
  /** For sessions that were begun with one. */
  readonly keys: Pick<VirtualKeys, 'find'>
  /** The bundle's public origin: issuer and audience of its tokens. */
  readonly origin: string
  /** `signInRules` of the bundle. */
  readonly rules: string
  /** Names of its teams and of its models. */
  readonly teams: ReadonlySet<string>
  readonly models: ReadonlySet<string>
  readonly applications: ReadonlyMap<string, ApplicationTerms>
  readonly clock: Pick<Clock, 'now'>
  /** How many proven tokens are remembered. Default 10,000. */
  readonly cached?: number
}

/** One per bundle. A token counts only with what its session is bound to: shown without it, it is refused and counted as misuse. */
export function makeSessionAuthenticator(options: SessionAuthenticatorOptions): Authenticator {
  const { clock } = options
  const now = () => clock.now()
  const tokens = makeSessionTokens({ ...options, now })
  const dpop = makeDpop(options)
  const standingOf = makeStandingOf({ ...options, now, since: now() })
  async function prove(presented: Presented): Promise<Principal> {
    const token = tokens.read(presented)
    if (presented.userToken !== undefined) throw userTokenBeside()
    const state = standingOf(token)
    checkShown(presented, token, state, { dpop, sessions: options.sessions, clock })
    return principalIn(state, token, options)
  }
  return { identify: (presented) => (tokens.judges(presented) ? prove(presented) : NOT_MINE) }
}

/** In whose name a session acts was proven when it began. */
function userTokenBeside(): Refusal {
  return new Refusal('ambiguous_proof', {
    message: "A session's token says already in whose name it is used; leave x-sallyport-user-token out.",
    field: 'x-sallyport-user-token',
  })
}
