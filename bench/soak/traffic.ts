// The mixture of a soak: what callers do in a day, right and wrong, and what each must come to.
import type { Load } from '../gateway/caller.ts'
import { backwards, bodyOf, controlBody, SECRET } from '../gateway/conversation.ts'
import { requestBytes } from '../gateway/request-bytes.ts'
import type { Leaving } from './sender.ts'

export interface Act {
  readonly name: string
  /** How many in a hundred. */
  readonly share: number
  readonly request: Buffer
  readonly leaving: Leaving
  /** Of those who stay. */
  readonly status: number
  /** What its answer must not hold, besides what the provider says of its own. */
  readonly secret?: string
}

export interface Tokens {
  /** May, and may not. */
  readonly alice: string
  readonly bob: string
}

export function actsOf({ alice, bob }: Tokens): readonly Act[] {
  const by = (token: string): Load['headers'] => ({ authorization: `Bearer ${token}` })
  const act = (name: string, share: number, status: number, load: Pick<Load, 'headers' | 'body'>): Act => {
    return { name, share, status, leaving: 'stays', request: requestBytes(load) }
  }
  const plain = { headers: by(alice), body: bodyOf(1_000, false, 'clinic-small') }
  const stream = { headers: by(alice), body: bodyOf(1_000, true, 'clinic-small') }
  const synced = { headers: by(alice), body: bodyOf(1_000, false, 'records-large') }
  const leaving = (one: Act, when: Leaving): Act => ({ ...one, name: `${one.name}, left ${when}`, leaving: when })
  return [
    act('plain', 34, 200, plain),
    act('stream', 16, 200, stream),
    act('100 kB', 4, 200, { ...plain, body: bodyOf(100_000, false, 'clinic-small') }),
    act('tier 3', 6, 200, synced),
    {
      ...act('credentials', 6, 200, { ...plain, body: controlBody(false, 'clinic-small') }),
      secret: backwards(SECRET),
    },
    act('not permitted', 8, 403, { ...plain, headers: by(bob) }),
    act('no token', 4, 401, { ...plain, headers: {} }),
    act('wrong token', 4, 401, { ...plain, headers: by(`${alice.slice(0, -6)}AAAAAA`) }),
    act('unknown model', 3, 404, { ...plain, body: plain.body.replace('clinic-small', 'clinic-none') }),
    act('broken body', 4, 400, { ...plain, body: plain.body.slice(0, -2) }),
    leaving(act('plain', 3, 200, plain), 'at once'),
    leaving(act('stream', 4, 200, stream), 'at the first byte'),
    leaving(act('plain', 4, 200, plain), 'in the middle of the body'),
  ]
}

/** By its share; `at` is from 0 up to, not including, 1. */
export function chosen(acts: readonly Act[], at: number): Act {
  let left = at * acts.reduce((sum, { share }) => sum + share, 0)
  for (const act of acts) {
    left -= act.share
    if (left < 0) return act
  }
  throw new RangeError('no such act')
}
