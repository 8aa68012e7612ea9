import { type EntityJson, isAuthorized, type PolicySet as OfficialPolicies } from '@cedar-policy/cedar-wasm/nodejs'
import { expect, test } from 'bun:test'
import * as fc from 'fast-check'
import type { EntityUid } from '#access/value.ts'
import { entitiesJson, policyText, requestJson, slotsJson, templateText } from './arbitrary.ts'
import { clausesOf, leftSpine } from './clause.ts'
import { readEntities, readRecord } from './corpus.ts'
import { EvaluationError } from './evaluation-error.ts'
import { type CedarRequest, frameOf } from './frame.ts'
import { linkTemplate, type ParsedPolicy } from './parsed-policy.ts'
import { parsePolicies } from './parse-policies.ts'
import type { ConditionJson } from './policy-json.ts'
import { compilePolicies, type Evaluation, type PolicySet } from './policy-set.ts'
import { findPieces } from './statement.ts'

/** More, for an afternoon's search: `CEDAR_CASES=20000 bin/bun test differential`. */
const CASES = Number(process.env['CEDAR_CASES'] ?? 300)

const generated = fc.record({
  texts: fc.array(policyText, { minLength: 1, maxLength: 4 }),
  template: templateText,
  slots: slotsJson,
  entities: entitiesJson,
  request: requestJson,
})

type Case = typeof generated extends fc.Arbitrary<infer T> ? T : never

interface Answer {
  readonly decision: string
  readonly reasons: readonly string[]
  readonly erring: readonly string[]
}

/** `JSON.stringify` of what the official package is given keeps longs beyond 2^53 exact. */
function exact<T>(json: T): T {
  const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown }
  const walk = (value: unknown): unknown => {
    if (typeof value === 'bigint') return rawJSON(String(value))
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, walk(field)]))
  }
  return walk(json) as T
}

function official({ texts, template, slots, entities, request }: Case): Answer {
  const policies: OfficialPolicies = {
    staticPolicies: Object.fromEntries(texts.map((text, at) => [`p${at}`, text])),
    templates: { template },
    templateLinks: [{ templateId: 'template', newId: 'link', values: openOf(template, slots) }],
  }
  const answer = isAuthorized({
    ...request,
    policies,
    context: exact(request.context) as Record<string, never>,
    entities: exact(entities) as unknown as EntityJson[],
  })
  if (answer.type === 'failure') throw new Error(JSON.stringify(answer.errors))
  const { decision, diagnostics } = answer.response
  const erring = diagnostics.errors.map(({ policyId }) => policyId)
  return { decision, reasons: diagnostics.reason.toSorted(), erring: erring.toSorted() }
}

function openOf(template: string, slots: Readonly<Record<string, EntityUid>>): Record<string, EntityUid> {
  return Object.fromEntries(Object.entries(slots).filter(([slot]) => template.includes(slot)))
}

function read({ texts, template, slots, entities, request }: Case): { set: PolicySet; asked: CedarRequest } {
  const text = [...texts.map((policy, at) => `@id("p${at}") ${policy}`), `@id("template") ${template}`].join('\n')
  const { policies, errors } = parsePolicies([{ file: 'generated.cedar', text }])
  expect(errors).toEqual([])
  const linked = policies.map((policy): ParsedPolicy =>
    policy.open.length === 0 ? policy : linkTemplate(policy, 'link', openOf(template, slots)),
  )
  const asked = { ...request, context: readRecord(request.context), entities: readEntities(entities) }
  return { set: compilePolicies(linked), asked }
}

function named({ decision, determining, erring }: Evaluation): Answer {
  const ids = erring.map(({ policy }) => policy.id)
  return { decision, reasons: determining.map(({ id }) => id).toSorted(), erring: ids.toSorted() }
}

/** The first generated case on which an evaluator and the official engine differ. */
function differing(judge: (evaluation: Evaluation) => Evaluation, cases: number) {
  return fc.check(
    fc.property(generated, (given) => {
      const { set, asked } = read(given)
      expect(named(judge(set.evaluate(asked)))).toEqual(official(given))
    }),
    { numRuns: cases, endOnFailure: true },
  )
}

test(
  'generated policies get the decision, reasons and errors that the official engine gives',
  () => {
    const found = differing((evaluation) => evaluation, CASES)
    expect(found.failed ? fc.defaultReportMessage(found) : 'all agree').toBe('all agree')
  },
  CASES * 200,
)

test(
  'a planted bug, an erring forbid taken as one that holds, is found',
  () => {
    const planted = differing((evaluation) => {
      const forbids = evaluation.erring.filter(({ policy }) => policy.effect === 'forbid').map(({ policy }) => policy)
      return forbids.length === 0 ? evaluation : { ...evaluation, decision: 'deny', determining: forbids }
    }, CASES)
    expect(planted.failed).toBe(true)
  },
  CASES * 200,
)

test(
  'a planted bug, an overflow that goes unnoticed, is found',
  () => {
    const planted = differing(
      (evaluation) => ({ ...evaluation, erring: evaluation.erring.filter(({ error }) => !error.includes('overflow')) }),
      CASES * 10,
    )
    expect(planted.failed).toBe(true)
  },
  CASES * 200,
)

test(
  'a policy holds exactly when every clause that an explanation shows holds',
  () => {
    fc.assert(
      fc.property(generated, (given) => {
        const { set, asked } = read(given)
        const frame = frameOf(asked)
        const holds = (test: () => boolean) => {
          try {
            return test()
          } catch (error) {
            if (error instanceof EvaluationError) return false
            throw error
          }
        }
        for (const policy of set.policies) {
          const alone = compilePolicies([policy.policy]).evaluate(asked).determining.length === 1
          expect(clausesOf(policy).every((clause) => holds(() => clause.holds(frame)))).toBe(alone)
        }
      }),
      { numRuns: 60 },
    )
  },
  CASES * 200,
)

/** What each clause's text stands for: one condition a clause, as deep a tree as it has in its policy. */
function clauseTrees({ text, line, json }: ParsedPolicy): readonly ConditionJson[] {
  const { conditions } = findPieces(text, line)
  return json.conditions.flatMap(({ kind, body }, at) =>
    leftSpine(body, kind === 'when' ? '&&' : '||', conditions[at]?.pieces.length ?? 0).map((part) => ({
      kind,
      body: part,
    })),
  )
}

test(
  'every clause parses alone, to the same tree that it has in its policy',
  () => {
    fc.assert(
      fc.property(policyText, (text) => {
        const whole = parsePolicies([{ file: 'f', text }]).policies
        const clauses = compilePolicies(whole).policies.flatMap((policy) =>
          clausesOf(policy)
            .slice(3)
            .map((clause) => clause.text),
        )
        const alone = clauses.map((clause) => (clause.startsWith('unless {') ? clause : `when { ${clause} }`))
        const rebuilt = parsePolicies([
          { file: 'f', text: `permit (principal, action, resource)\n${alone.join('\n')};` },
        ])
        expect(rebuilt.errors).toEqual([])
        expect(rebuilt.policies[0]?.json.conditions).toEqual(whole.flatMap(clauseTrees))
      }),
      { numRuns: 60 },
    )
  },
  CASES * 200,
)
