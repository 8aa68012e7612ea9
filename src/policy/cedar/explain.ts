// Why a request that no forbid denied was denied: the nearest permit, and which of its clauses failed. Nearest is the
// permit with the fewest failed clauses, then the first in file order; permits of other actions only if there are none.
// The surprise: denials are on the hot path, so among very many permits only those are weighed that share most.
import type { Clause, NearMiss } from '#access/decision.ts'
import { type ClauseTest, clausesOf } from './clause.ts'
import type { CompiledPolicy } from './compile-policy.ts'
import { EvaluationError } from './evaluation-error.ts'
import { type CedarRequest, type Frame, frameOf } from './frame.ts'
import { type ParsedPolicy, refOf } from './parsed-policy.ts'
import { indexPolicies, type Part, type PolicyIndex } from './policy-index.ts'
import type { PolicySet } from './policy-set.ts'
import { scopeHolds } from './scope.ts'

export interface NearestPermit {
  readonly policy: ParsedPolicy
  readonly clauses: readonly Clause[]
}

/** So many permits are weighed at most; with fewer for an action, the answer is exact. */
const MOST_WEIGHED = 100

/** The order in which permits are looked for: those that share the whole head, then most of it, then the action. */
const SHARED: readonly (readonly Part[])[] = [
  ['action', 'principal', 'resource'],
  ['action', 'principal'],
  ['action', 'resource'],
  ['action'],
]

interface Explainer {
  readonly permits: readonly CompiledPolicy[]
  readonly indexes: readonly PolicyIndex<CompiledPolicy>[]
  /** Cut on first use: most policies are never the near miss of anything. At most one entry a policy. */
  readonly clauses: Map<CompiledPolicy, readonly ClauseTest[]>
}

/** Lives as long as its policy set. */
const explainers = new WeakMap<PolicySet, Explainer>()

/** Builds what `explain` looks permits up in, which the first denial would otherwise wait for. */
export function prepareExplanations(set: PolicySet): void {
  explainerOf(set)
}

/** Undefined where there is no permit at all. MUST be asked only of a request that no forbid denied. */
export function explain(set: PolicySet, request: CedarRequest): NearMiss | undefined {
  const nearest = nearestPermit(set, request)
  return nearest === undefined ? undefined : { ...refOf(nearest.policy), clauses: nearest.clauses }
}

export function nearestPermit(set: PolicySet, request: CedarRequest): NearestPermit | undefined {
  const explainer = explainerOf(set)
  const frame = frameOf(request)
  let nearest: CompiledPolicy | undefined
  let fewest = Number.POSITIVE_INFINITY
  for (const permit of permitsNear(explainer, frame)) {
    if (failedScopes(permit, frame) > fewest) continue
    const failed = countFailed(clausesIn(explainer, permit), frame, fewest)
    if (failed < fewest || (failed === fewest && nearest !== undefined && permit.order < nearest.order)) {
      nearest = permit
      fewest = failed
    }
  }
  if (nearest === undefined) return undefined
  const clauses = clausesIn(explainer, nearest).map((clause) => tell(clause, frame))
  return { policy: nearest.policy, clauses }
}

function explainerOf(set: PolicySet): Explainer {
  const known = explainers.get(set)
  if (known !== undefined) return known
  const permits = set.policies.filter(({ policy }) => policy.effect === 'permit')
  const explainer = { permits, indexes: SHARED.map((parts) => indexPolicies(permits, parts)), clauses: new Map() }
  explainers.set(set, explainer)
  return explainer
}

function permitsNear({ permits, indexes }: Explainer, frame: Frame): Iterable<CompiledPolicy> {
  const found = new Set<CompiledPolicy>()
  for (const index of indexes) {
    index(frame, addUpToMost, found)
    if (found.size >= MOST_WEIGHED) break
  }
  return found.size > 0 ? found : permits.slice(0, MOST_WEIGHED)
}

function addUpToMost(permit: CompiledPolicy, found: Set<CompiledPolicy>): boolean {
  found.add(permit)
  return found.size < MOST_WEIGHED
}

function clausesIn({ clauses }: Explainer, permit: CompiledPolicy): readonly ClauseTest[] {
  const known = clauses.get(permit)
  if (known !== undefined) return known
  const cut = clausesOf(permit)
  clauses.set(permit, cut)
  return cut
}

/** A lower bound of the clauses that fail, for a fraction of the price. */
function failedScopes({ scope }: CompiledPolicy, frame: Frame): number {
  return (
    Number(!scopeHolds(scope.principal, frame.principal)) +
    Number(!scopeHolds(scope.action, frame.action)) +
    Number(!scopeHolds(scope.resource, frame.resource))
  )
}

/** Counts no further than one above `most`. */
function countFailed(clauses: readonly ClauseTest[], frame: Frame, most: number): number {
  let failed = 0
  for (const clause of clauses) {
    if (errorOf(clause, frame) !== undefined) failed += 1
    if (failed > most) break
  }
  return failed
}

/** Undefined where the clause holds; an empty text where it does not, and the error's where it errs. */
function errorOf({ holds }: ClauseTest, frame: Frame): string | undefined {
  try {
    return holds(frame) ? undefined : ''
  } catch (error) {
    if (error instanceof EvaluationError) return error.message
    throw error
  }
}

function tell(clause: ClauseTest, frame: Frame): Clause {
  const { text, line } = clause
  const error = errorOf(clause, frame)
  if (error === undefined) return { text, line, holds: true }
  const why = error === '' ? clause.because(frame) : error
  return why === undefined ? { text, line, holds: false } : { text, line, holds: false, because: why }
}
