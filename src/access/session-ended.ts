// What whoever shows the token of a session that has ended is told: why, and what to do.
import { Refusal } from './refusal.ts'
import type { EndReason } from './session.ts'

const WHY: Readonly<Record<EndReason, string>> = {
  expired: 'its time was over',
  idle: 'nothing was asked in it for too long',
  tokens: 'its tokens were used up',
  calls: 'its calls were used up',
  'out-of-scope': 'it kept asking for what it was not begun for',
  misuse: 'its token was used where it does not belong',
  'refresh-reused': 'a refresh token was used twice',
  revoked: 'it was revoked',
  ended: 'it was ended by an operator',
  'parent-ended': 'the session from which it was begun has ended',
  'rules-changed': 'issuers or teams of the bundle changed since',
}

export function endedBecause(why: EndReason | undefined): Refusal {
  const because = why === undefined ? '' : `: ${WHY[why]}`
  return new Refusal('session_ended', { message: `The session has ended${because}. Begin a new one.` })
}
