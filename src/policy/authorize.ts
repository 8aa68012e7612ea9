// May this happen? Cedar's verdict for every link of the chain, made stricter in one place: a forbid that errs denies,
// where Cedar would skip it. A permit that errs permits nothing. Both are recorded. All links must allow.
import type { Access } from '#access/access.ts'
import type { Clause, Grounds } from '#access/decision.ts'
import { chainOf, type Principal } from '#access/principal.ts'
import type { RecordValue, Value } from '#access/value.ts'
import type { Bundle } from '#policy/bundle/bundle.ts'
import { entitySet } from '#policy/cedar/entity-set.ts'
import { nearestPermit } from '#policy/cedar/explain.ts'
import type { CedarRequest } from '#policy/cedar/frame.ts'
import { type ParsedPolicy, refOf } from '#policy/cedar/parsed-policy.ts'
import type { Evaluation } from '#policy/cedar/policy-set.ts'
import { principalEntity } from '#policy/entities.ts'

export interface Authorized {
  readonly effect: 'allow' | 'deny'
  readonly grounds: Grounds
}

/** What policy is asked with: a bundle, or a part of one in a test. */
export type Rules = Pick<Bundle, 'policySet' | 'entities'>

/** Never throws for what a request holds. A denial costs more than an allow: only it is explained. */
export function authorize(rules: Rules, access: Access): Authorized {
  const chain = chainOf(access.principal)
  const allowed: Grounds[] = []
  for (const [place, link] of chain.entries()) {
    const request = requestOf(rules, access, { link, place, chain })
    const evaluation = rules.policySet.evaluate(request)
    if (!isAllowed(evaluation)) return { effect: 'deny', grounds: groundsOfDenial(rules, request, evaluation) }
    allowed.push(groundsOf(evaluation.determining, evaluation))
  }
  const [only, second] = allowed
  return { effect: 'allow', grounds: only && !second ? only : mergeGrounds(allowed) }
}

function isAllowed({ decision, erring }: Evaluation): boolean {
  return decision === 'allow' && !erring.some(({ policy }) => policy.effect === 'forbid')
}

interface Place {
  readonly link: Principal
  /** 0 is the actor; the last is the origin. */
  readonly place: number
  readonly chain: readonly Principal[]
}

function requestOf({ entities }: Rules, access: Access, at: Place): CedarRequest {
  const { link } = at
  return {
    principal: { type: link.type, id: link.id },
    action: { type: 'Action', id: access.action },
    resource: access.resource,
    context: contextOf(access.context, at),
    // One link's own entity only: another link's teams are no business of the question about this one.
    entities: entitySet([principalEntity(link), ...(access.entities ?? [])], entities),
  }
}

/** Who stands where is said here and nowhere else, whatever the context already holds. */
function contextOf(context: RecordValue, { link, place, chain }: Place): RecordValue {
  // Who is alone is the origin: nobody called it, and it calls nobody.
  if (chain.length === 1) return { ...context, link: 'origin', direct: true }
  const name = place === chain.length - 1 ? 'origin' : place === 0 ? 'actor' : 'delegate'
  const through = chain[place - 1]
  const given: Record<string, Value> = { ...context, link: name, direct: false }
  if (through) given['via'] = through.id
  if (place > 0 && 'identity' in context) given['identity'] = identityOf(link, context['now'])
  return given
}

function identityOf({ proof }: Principal, now: Value | undefined): Value {
  const moment = typeof now === 'object' && 'extension' in now ? Date.parse(now.extension.arg) : Number.NaN
  const age = Math.floor(moment / 1000) - proof.issuedAt
  // Without a moment the age is left out: a policy that reads it then errs, which permits nothing and denies if it forbids.
  const known = Number.isSafeInteger(age) ? { age_seconds: BigInt(Math.max(0, age)) } : {}
  return { record: { issuer: proof.issuer, method: proof.method, ...known } }
}

function groundsOf(policies: readonly ParsedPolicy[], { erring }: Evaluation): Grounds {
  return {
    policies: policies.map(refOf),
    erring: erring.map(({ policy, error }) => ({ ...refOf(policy), error })),
  }
}

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
