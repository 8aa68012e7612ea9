// Runs a bundle's own cases against its own policies: the same question, by the same road, as a request would take.
import type { NearMiss } from '#access/decision.ts'
import type { EntityUid } from '#access/value.ts'
import { authorize } from '#policy/authorize.ts'
import type { Bundle } from '#policy/bundle/bundle.ts'
import type { Case } from '#policy/bundle/read-cases.ts'

export interface CaseResult {
  readonly name: string
  readonly file: string
  readonly line: number
  readonly passed: boolean
  readonly asked: { readonly principal: EntityUid; readonly action: string; readonly resource: EntityUid }
  readonly wanted: Outcome
  readonly got: Outcome
  /** Of a denial that was not wanted and that no forbid made: the permit that came closest. */
  readonly nearest?: NearMiss
}

export interface Outcome {
  readonly effect: 'allow' | 'deny'
  /** Of `wanted`, absent where the case does not say. In order of their ids. */
  readonly by?: readonly string[]
  readonly tell?: string
}

export function runCases(bundle: Bundle): readonly CaseResult[] {
  return bundle.cases.map((each) => runCase(bundle, each))
}

function runCase(bundle: Bundle, each: Case): CaseResult {
  const { effect, grounds } = authorize(bundle, each.access)
  const wanted = outcome(each.expect, each.by, each.tell)
  const got = outcome(
    effect,
    grounds.policies.map(({ id }) => id),
    grounds.tell,
  )
  const passed =
    wanted.effect === got.effect &&
    (wanted.by === undefined || wanted.by.join('\n') === got.by?.join('\n')) &&
    (wanted.tell === undefined || wanted.tell === got.tell)
  const nearest = passed ? undefined : grounds.nearest
  const { name, file, line, access } = each
  const principal = { type: access.principal.type, id: access.principal.id }
  const asked = { principal, action: access.action, resource: access.resource }
  return { name, file, line, passed, asked, wanted, got, ...(nearest && { nearest }) }
}

function outcome(effect: Outcome['effect'], by: readonly string[] | undefined, tell: string | undefined): Outcome {
  return { effect, ...(by && { by: [...by].sort() }), ...(tell !== undefined && { tell }) }
}
