// The one place where sessions begin and tokens are made. The order is the point: the row, then the entries, then the token. A token
// that nobody recorded never leaves; a session whose beginning could not be recorded is ended again, and its end is recorded.
import { principalRecord } from '#access/principal-record.ts'
import type { Principal } from '#access/principal.ts'
import type { Session } from '#access/session.ts'
import type { TokenEntry } from '#access/trail.ts'
import { ulid } from '#lib/ulid.ts'
import { signAccessToken } from './access-token.ts'
import type { Arrival } from './arrival.ts'
import type { Granted } from './grant-request.ts'
import type { ActiveAuthorization, AuthorizationParts } from './parts.ts'
import { beginEntry } from './session-entries.ts'

export interface Beginning {
  /** As proven, chain included. */
  readonly principal: Principal
  /** The client id. */
  readonly client: string
  readonly granted: Granted
  readonly parent?: Session
  /** Milliseconds since the epoch: whatever its bounds say, it ends then. */
  readonly endsBy?: number
}

export interface Issued {
  readonly session: Session
  readonly token: string
  readonly scope: string
  /** Seconds. */
  readonly life: number
}

export interface Occasion {
  /** The grant type. */
  readonly grant: string
  readonly arrival: Arrival
}

export interface Issuer {
  /** Rejects with a Refusal: `audit_unavailable`, `not_ready`, or `session_ended` where the parent has ended meanwhile. */
  begin(beginning: Beginning, occasion: Occasion): Promise<Issued>
  /** One more token of a session that goes on. `scope` MUST lie within its task. */
  again(session: Session, scope: string, occasion: Occasion): Promise<Issued>
}

const ID_BYTES = 16

export function makeIssuer(parts: AuthorizationParts, { config, rules }: ActiveAuthorization): Issuer {
  const { sessions, trail, ring, clock, random } = parts

  const sign = (session: Session, scope: string) =>
    signAccessToken(ring, {
      session,
      scope,
      origin: config.public,
      life: config.sessions.tiers[session.tier].token,
      now: clock.now(),
      jti: Buffer.from(random(ID_BYTES)).toString('base64url'),
    })

  const durable = ({ tier }: Session) => (tier === 3 ? 'machine' : 'process')

  function tokenEntry(
    session: Session,
    token: { jti: string; life: number; scope: string },
    occasion: Occasion,
  ): TokenEntry {
    const { grant, arrival } = occasion
    return {
      kind: 'token',
      what: 'issued',
      grant,
      session: session.id,
      ...(session.client === undefined ? {} : { client: session.client }),
      principal: principalRecord(session.principal),
      token: token.jti,
      scope: token.scope,
      life: token.life,
      bound: session.binding.by,
      source: arrival.source,
      exchange: arrival.exchange,
    }
  }

  return {
    async begin(beginning, occasion) {
      const session = sessionOf(beginning, { config, rules, now: clock.now(), random })
      const scope = beginning.granted.task.actions.join(' ')
      const token = sign(session, scope)
      sessions.begin(session)
      try {
        // In order, and together: one write for both.
        await Promise.all([
          trail.append(beginEntry(session, occasion.arrival.exchange), durable(session)),
          trail.append(tokenEntry(session, { ...token, scope }, occasion), durable(session)),
        ])
      } catch (error) {
        sessions.end(session.id, { at: clock.now(), why: 'revoked', by: 'gate' })
        throw error
      }
      return { session, token: token.text, scope, life: token.life }
    },
    async again(session, scope, occasion) {
      const token = sign(session, scope)
      await trail.append(tokenEntry(session, { ...token, scope }, occasion), durable(session))
      return { session, token: token.text, scope, life: token.life }
    },
  }
}

function sessionOf(
  { principal, client, granted, parent, endsBy = Infinity }: Beginning,
  {
    config,
    rules,
    now,
    random,
  }: Pick<ActiveAuthorization, 'config' | 'rules'> & Pick<AuthorizationParts, 'random'> & { now: number },
): Session {
  const { tier, task, binding } = granted
  const { duration, idle, tokens, calls, clean, outOfScope, misuse } = config.sessions.tiers[tier]
  return {
    id: ulid(now, random),
    kind: 'declared',
    ...(parent ? { parent: parent.id } : {}),
    tier,
    principal,
    client,
    task,
    binding,
    bounds: {
      expires: Math.min(now + duration, endsBy, parent?.bounds.expires ?? Infinity),
      idle,
      tokens,
      calls,
      clean,
      outOfScope,
      misuse,
    },
    began: now,
    rules: parent?.rules ?? rules,
  }
}
