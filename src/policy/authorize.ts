// May this happen? Cedar's verdict for every link of the chain, made stricter in one place: a forbid that errs denies,
// where Cedar would skip it. A permit that errs permits nothing. Both are recorded. All links must allow, and every grant
// of every link must contain it.
import type { Access } from '#access/access.ts'
import type { Clause, Grounds } from '#access/decision.ts'
import type { Principal } from '#access/principal.ts'
import type { Bundle } from '#policy/bundle/bundle.ts'
import { nearestPermit } from '#policy/cedar/explain.ts'
import type { CedarRequest } from '#policy/cedar/frame.ts'
import { type ParsedPolicy, refOf } from '#policy/cedar/parsed-policy.ts'
import type { Evaluation } from '#policy/cedar/policy-set.ts'
import { beyondGrants } from '#policy/grants.ts'
import { linkRequest } from '#policy/link-requests.ts'

export interface Authorized {
  readonly effect: 'allow' | 'deny'
  readonly grounds: Grounds
}

/** What policy is asked with: a bundle, or a part of one in a test. */
export type Rules = Pick<Bundle, 'policySet' | 'entities'>

/** Never throws for what a request holds. A denial costs more than an allow: only it is explained. */
export function authorize(rules: Rules, access: Access): Authorized {
  let allowed: Grounds | undefined
  for (let link: Principal | undefined = access.principal; link; link = link.onBehalfOf) {
    const request = linkRequest(rules.entities, access, link)
    const evaluation = rules.policySet.evaluate(request)
    if (!isAllowed(evaluation)) return { effect: 'deny', grounds: groundsOfDenial(rules, request, evaluation) }
    const grounds = groundsOf(evaluation.determining, evaluation)
    allowed = allowed ? mergeGrounds([allowed, grounds]) : grounds
  }
  const beyond = beyondGrants(access)
  if (!allowed || beyond) return { effect: 'deny', grounds: { policies: [], erring: [], ...(beyond && { beyond }) } }
  return { effect: 'allow', grounds: allowed }
}

/** The same verdict without its grounds: explaining a denial costs many times what it takes to come to it. */
export function isAuthorized(rules: Rules, access: Access): boolean {
  for (let link: Principal | undefined = access.principal; link; link = link.onBehalfOf) {
    if (!isAllowed(rules.policySet.evaluate(linkRequest(rules.entities, access, link)))) return false
  }
  return beyondGrants(access) === undefined
}

export function isAllowed({ decision, erring }: Evaluation): boolean {
  return decision === 'allow' && (erring.length === 0 || !erring.some(({ policy }) => policy.effect === 'forbid'))
}

function groundsOf(policies: readonly ParsedPolicy[], { erring }: Evaluation): Grounds {
  return {
    policies: policies.map(refOf),
    erring: erring.length === 0 ? NOTHING : erring.map(({ policy, error }) => ({ ...refOf(policy), error })),
  }
}

const NOTHING: readonly never[] = Object.freeze([])

function groundsOfDenial({ policySet }: Rules, request: CedarRequest, evaluation: Evaluation): Grounds {
  const erring = evaluation.erring.map(({ policy }) => policy).filter(({ effect }) => effect === 'forbid')
  const forbids = [...(evaluation.decision === 'deny' ? evaluation.determining : []), ...erring]
  if (forbids.length > 0) return withTell(groundsOf(forbids, evaluation), forbids)
  const near = nearestPermit(policySet, request)
  const grounds = groundsOf([], evaluation)
  if (!near) return grounds
  const nearest = { ...refOf(near.policy), clauses: near.clauses }
  return withTell({ ...grounds, nearest }, isAboutAction(near.clauses) ? [near.policy] : [])
}

/** A permit for another action says what it has to say about that one: told here, it would mislead. */
const isAboutAction = (clauses: readonly Clause[]): boolean =>
  clauses.every(({ text, holds }) => holds || !/^action\b/.test(text))

function withTell(grounds: Grounds, policies: readonly ParsedPolicy[]): Grounds {
  const tells = new Set(policies.map(({ annotations }) => annotations['tell']).filter((tell) => tell !== undefined))
  return tells.size === 0 ? grounds : { ...grounds, tell: [...tells].join(' ') }
}

/** The grounds of several allows as one: each policy once. */
export function mergeGrounds(grounds: readonly Grounds[]): Grounds {
  const byId = <T extends { readonly id: string }>(found: readonly T[]): readonly T[] => [
    ...new Map(found.map((policy) => [policy.id, policy])).values(),
  ]
  return {
    policies: byId(grounds.flatMap(({ policies }) => policies)),
    erring: byId(grounds.flatMap(({ erring }) => erring)),
  }
}
