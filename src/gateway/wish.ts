// What would happen, as values: one or more accesses, each exactly a Cedar request.
import type { Access } from '#access/access.ts'
import type { Principal } from '#access/principal.ts'
import type { Reason } from '#access/refusal.ts'
import type { ActAction, Protocol, Reading } from '#access/protocol.ts'
import type { Edit } from '#access/text.ts'
import type { Authorized } from '#policy/authorize.ts'
import type { Bundle } from '#policy/bundle/bundle.ts'
import type { ModelConfig, ModelTarget } from '#policy/bundle/config.ts'
import type { Exchange } from './exchange.ts'

/** What policy says of several accesses at once, and of a denial: which of them it was. */
export type AllAuthorized = Authorized & { readonly denied?: Access }

/** Accesses of one wish that are asked about together. They MUST NOT change. */
export interface Asking {
  readonly accesses: readonly Access[]
  /** What was answered, and by which bundle: most wishes are asked about before and after inspection. `askAll` alone sets it. */
  answered: { readonly by: Bundle; readonly all: AllAuthorized } | undefined
}

/** A request that a model would answer. */
export interface SendWish {
  readonly kind: 'send'
  readonly exchange: Exchange
  readonly principal: Principal
  readonly reading: Reading
  readonly model: ModelConfig
  readonly protocol: Protocol
  readonly method: 'POST' | 'GET' | 'DELETE'
  /** Nothing is sent along. */
  readonly bodiless?: true
  /** Below the provider's URL, with its slash and query. */
  readonly path: string
  /** Of the caller's headers, those that go on. */
  readonly headers: Readonly<Record<string, string>>
  /** Those of the model's targets that hold what the request refers to, in the order in which they are tried. Never empty. */
  readonly targets: readonly ModelTarget[]
  /** The id that a provider no longer holds once this succeeded. */
  readonly deletes?: string
  /** The accesses as they are for one target: all of them must be allowed for it. `found` are inspection's facts. The same for the same. */
  accessesFor(target: ModelTarget, found: readonly string[]): Asking
  /** What the provider would do unasked: where it is not allowed, it is switched off. */
  unaskedFor(target: ModelTarget, found: readonly string[]): readonly (Access & { readonly action: ActAction })[]
  /** The same wish without what these edits of its body take out. */
  redacted(edits: readonly Edit[]): SendWish
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
