// Refresh (RFC 6749 section 6, RFC 9700 section 4.14). Each token is for one use; the last use can be repeated for 30 s, with the same
// answer, for clients that lost it. Later, or once its successor was used, a second use means that two hold it: the session ends.
import type { Session } from '#access/session.ts'
import type { Asking } from './asking.ts'
import { REFRESH } from './grant-types.ts'
import { OFFLINE, wordsOf } from './grant-request.ts'
import { answerOf, type GrantKit, type TokenAnswer } from './grant-kit.ts'
import { OAuthRefusal } from './oauth-refusal.ts'
import type { RefreshToken } from './refresh-tokens.ts'
import { checkBinding } from './session-binding.ts'
import { endedBecause } from './session-standing.ts'

const REPEATED_MS = 30_000

/** Of several uses at once the first is the use, and the others are its repetitions: this process alone hands out tokens. */
export async function refresh(asking: Asking, kit: GrantKit): Promise<TokenAnswer> {
  const { refreshing } = kit.parts
  const text = asking.param('refresh_token')
  if (text === undefined) throw new OAuthRefusal('invalid_request', 'refresh_token is needed')
  // Whoever asks is judged by themselves; only then do they share an answer.
  const { token, session } = await holderOf(text, asking, kit)
  const first = refreshing.get(text)
  if (first) return first
  const using = turn(text, { token, session }, asking, kit).finally(() => refreshing.delete(text))
  refreshing.set(text, using)
  return using
}

/** What was read before may be older than a use that ended meanwhile. */
async function turn(text: string, held: Held, asking: Asking, kit: GrantKit): Promise<TokenAnswer> {
  const token = (await kit.tokens.refresh.find(text)) ?? held.token
  return token.used ? repeat(token, kit) : use(text, held, asking, kit)
}

interface Held {
  readonly token: RefreshToken
  readonly session: Session
}

async function holderOf(
  text: string,
  { client, asked, arrival }: Asking,
  { parts, active, tokens }: GrantKit,
): Promise<Held> {
  const token = await tokens.refresh.find(text)
  if (!token || token.client !== client.id) throw invalid('there is no such refresh token of this client')
  const state = parts.sessions.find(token.session)
  if (!state || state.ended) throw invalid('the session has ended')
  const { session } = state
  checkBinding(session, { jkt: asked.jkt, source: arrival.source }, 'invalid_grant', parts)
  const ended = endedBecause(state, parts, active)
  if (ended !== undefined) throw invalid(ended)
  return { token, session }
}

async function use(
  text: string,
  { token, session }: Held,
  asking: Asking,
  { issuer, tokens }: GrantKit,
): Promise<TokenAnswer> {
  const issued = await issuer.again(session, scopeOf(asking, token), { grant: REFRESH, arrival: asking.arrival })
  // Its successor is good for all that it was: what one use leaves out is not lost (RFC 6749 section 6).
  const refresh_token = await tokens.refresh.make(token)
  const answer = { ...answerOf(issued), refresh_token }
  await tokens.refresh.use(text, token, answer)
  return answer
}

async function repeat(token: RefreshToken, { parts, tokens }: GrantKit): Promise<TokenAnswer> {
  const { sessions, clock } = parts
  const answer = token.used?.answer
  const successor = answer && (await tokens.refresh.find(String(answer['refresh_token'])))
  const isLate = token.used === undefined || clock.now() - token.used.at > REPEATED_MS
  if (answer && successor && !successor.used && !isLate) return answer
  sessions.end(token.session, { at: clock.now(), why: 'refresh-reused', by: 'gate' })
  throw new OAuthRefusal('invalid_grant', 'the refresh token was used before; its session has ended', {
    indicator: 'refresh-reused',
    subject: token.session,
  })
}

function scopeOf({ asked }: Asking, { scope }: RefreshToken): string {
  if (asked.task) {
    throw new OAuthRefusal('invalid_authorization_details', 'the task was declared when the session began, and stays')
  }
  const had = wordsOf(scope) ?? []
  const words = asked.scope?.filter((word) => word !== OFFLINE) ?? []
  const beyond = words.find((word) => !had.includes(word))
  if (beyond !== undefined)
    throw new OAuthRefusal('invalid_scope', `the refresh token is not good for the action ${beyond}`)
  return words.length === 0 ? scope : had.filter((word) => words.includes(word)).join(' ')
}

const invalid = (description: string): OAuthRefusal => new OAuthRefusal('invalid_grant', description)
