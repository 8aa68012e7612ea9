import type { Target } from './target.ts'

/** A policy as the trail and the caller's explanation name it. */
export interface PolicyRef {
  readonly id: string
  readonly effect: 'permit' | 'forbid'
  /** Path inside the bundle and line of its first character, counted from 1. */
  readonly file: string
  readonly line: number
}

/** A clause of a policy (scope part, or one conjunct of a `when`), and whether it held. */
export interface Clause {
  readonly text: string
  readonly line: number
  readonly holds: boolean
  /** Why not, in words, where the evaluator knows: `bob is in billing`. */
  readonly because?: string
}

/** A policy that did not decide, and how far it was from doing so. */
export interface NearMiss extends PolicyRef {
  readonly clauses: readonly Clause[]
}

/** Why a decision came out as it did. */
export interface Grounds {
  /** The determining policies. */
  readonly policies: readonly PolicyRef[]
  /** Policies that erred. An erring forbid denies; an erring permit permits nothing. */
  readonly erring: readonly (PolicyRef & { readonly error: string })[]
  /** Of a denial without a forbid: the permit with the fewest failed clauses, then first in file order. */
  readonly nearest?: NearMiss
  /** The grant that does not contain it, and what of it: the access lies beyond a ceiling, whatever policy says. */
  readonly beyond?: { readonly grant: string; readonly lacks: 'model' | 'action' | 'trust' }
  /** What the policy's author chose to tell the caller (`@tell`). */
  readonly tell?: string
}

export type Decision =
  | { readonly effect: 'allow'; readonly by: Grounds; readonly targets: readonly Target[] }
  | { readonly effect: 'ask'; readonly by: Grounds; readonly approvers: readonly string[] }
  | { readonly effect: 'deny'; readonly by: Grounds }
