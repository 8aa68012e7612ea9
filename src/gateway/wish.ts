// What would happen, as values: one or more accesses, each exactly a Cedar request.
import type { Access } from '#access/access.ts'
import type { Principal } from '#access/principal.ts'
import type { Reading } from '#access/protocol.ts'
import type { Reason } from '#access/refusal.ts'
import type { Target } from '#access/target.ts'
import type { ModelConfig } from '#policy/bundle/config.ts'
import type { Exchange } from './exchange.ts'
import type { SendRoute } from './routes.ts'

/** A request that a model would answer. */
export interface SendWish {
  readonly kind: 'send'
  readonly exchange: Exchange
  readonly principal: Principal
  readonly reading: Reading
  readonly model: ModelConfig
  readonly route: SendRoute
  /** The accesses as they are for one target: all of them must be allowed for it. */
  accessesFor(target: Target): readonly Access[]
}

/** A request that the gate answers from what it holds itself. */
export interface OwnWish {
  readonly kind: 'own'
  readonly exchange: Exchange
  readonly principal: Principal
  /** What is asked for: of each, alternatives of which one must be allowed. */
  readonly asked: readonly (readonly Access[])[]
  /** `every`: what is denied denies the wish. `some`: the answer shows what is allowed, perhaps nothing. */
  readonly need: 'every' | 'some'
  /** What a denial is called, where `not_permitted` would tell that the thing exists. */
  readonly denied: Reason
  /** The answer's JSON. */
  answer(allowed: readonly Access[]): unknown
}

export type Wish = SendWish | OwnWish
