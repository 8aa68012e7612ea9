import { expect, test } from 'bun:test'
import * as fc from 'fast-check'
import type { Access } from '#access/access.ts'
import type { Principal } from '#access/principal.ts'
import type { Value } from '#access/value.ts'
import { authorize, isAllowed, type Rules } from '#policy/authorize.ts'
import { entitiesJson, expression, requestJson } from '#policy/cedar/arbitrary.ts'
import { readEntities, readRecord } from '#policy/cedar/corpus.ts'
import { entitySet } from '#policy/cedar/entity-set.ts'
import { parsePolicies } from '#policy/cedar/parse-policies.ts'
import { compilePolicies } from '#policy/cedar/policy-set.ts'
import { deniedWhateverIsFound, isNeverAllowed } from '#policy/findings-matter.ts'

const model = { type: 'Model', id: 'm' }

function rules(cedar: string): Rules {
  const { policies, errors } = parsePolicies([{ file: 'policies/x.cedar', text: cedar }])
  expect(errors).toEqual([])
  return {
    policySet: compilePolicies(policies),
    entities: entitySet([{ uid: model, attributes: { tier: 1n }, parents: [] }]),
  }
}

const proof = { method: 'jwt', issuer: 'harbor', issuedAt: 1_000, expiresAt: 9_000 } as const
const alice: Principal = { type: 'User', id: 'alice', groups: ['t'], attributes: {}, proof }
const forAlice: Principal = { type: 'Agent', id: 'bot', groups: [], attributes: {}, proof, onBehalfOf: alice }

const infer = (principal: Principal = alice): Access => ({
  principal,
  action: 'infer',
  resource: model,
  context: { findings: [], streaming: true, claimed: { record: { findings: 'mine' } } },
})

/** Denied with nothing found, and whatever is found. */
function isSure(cedar: string, access: Access = infer()): boolean {
  const given = rules(cedar)
  return deniedWhateverIsFound(given, authorize(given, access), access)
}

const OPEN = 'permit (principal, action, resource);'
const CLEAN = '!context.findings.contains("credentials")'

test('what is allowed with nothing found is not denied whatever is found', () => {
  expect(isSure(OPEN)).toBe(false)
  expect(isSure(`permit (principal, action, resource) when { ${CLEAN} };`)).toBe(false)
})

test('a forbid that does not ask for findings makes it sure, and so does one that errs', () => {
  expect(isSure(`${OPEN} forbid (principal, action, resource) when { context.streaming };`)).toBe(true)
  expect(isSure(`${OPEN} forbid (principal, action, resource) when { resource.secret };`)).toBe(true)
  expect(isSure(`permit (principal, action, resource) when { ${CLEAN} }; forbid (principal, action, resource);`)).toBe(
    true,
  )
})

const ASKING: readonly (readonly [how: string, condition: string])[] = [
  ['by name', 'context.findings.isEmpty()'],
  ['in brackets', 'context["findings"].isEmpty()'],
  ['whether they are there', 'context has findings'],
  ['under a path', 'context has findings.x || true'],
  ['through the whole record', 'context == context'],
  ['through a record of its own', '{ all: context }.all.findings.isEmpty()'],
  ['through a record whose field is called Var', '{ "Var": context.findings }.Var.isEmpty()'],
  ['through a record whose field is called Value', '{ "Value": context.findings }.Value.isEmpty()'],
  ['through a choice', '(if true then context else { findings: [1] }).findings.isEmpty()'],
  ['inside a set', '[context.findings].contains([])'],
  ['as an argument', '["a"].containsAny(context.findings) || true'],
]

for (const [how, condition] of ASKING) {
  test(`a forbid that asks for findings ${how} makes nothing sure`, () => {
    expect(isSure(`${OPEN} forbid (principal, action, resource) when { ${condition} };`)).toBe(false)
  })
}

test('what is only called findings elsewhere is not what was found', () => {
  const forbid = (condition: string) => `permit (principal, action, resource) when { ${CLEAN} };
forbid (principal, action, resource) when { ${condition} };`
  expect(isSure(forbid('context.claimed.findings == "mine"'))).toBe(true)
  expect(isSure(forbid('!(principal has findings)'))).toBe(true)
  expect(isSure(forbid('"context.findings" like "*findings"'))).toBe(true)
})

test('where no permit is within reach, it is sure; a permit that asks for findings may be', () => {
  expect(isSure('')).toBe(true)
  expect(isSure('permit (principal in Team::"u", action, resource);')).toBe(true)
  expect(isSure('permit (principal, action, resource) when { context.findings.contains("a") };')).toBe(false)
  expect(isSure('permit (principal, action, resource) unless { context.findings.isEmpty() };')).toBe(false)
})

const OUT_OF_REACH: readonly (readonly [why: string, permit: string])[] = [
  ['of another team', 'permit (principal in Team::"u", action, resource) when { ASKS };'],
  ['for another action', 'permit (principal, action == Action::"embed", resource) when { ASKS };'],
  ['on another model', 'permit (principal, action, resource == Model::"n") when { ASKS };'],
  ['with a condition besides', 'permit (principal, action, resource) when { ASKS && resource.tier == 2 };'],
  ['with a condition of its own', 'permit (principal, action, resource) when { ASKS } when { resource.tier == 2 };'],
  ['with an exception', 'permit (principal, action, resource) unless { !(ASKS) || context.streaming };'],
  ['with a condition that errs', 'permit (principal, action, resource) when { ASKS && resource.secret };'],
]

for (const [why, permit] of OUT_OF_REACH) {
  test(`a permit that asks for findings but is ${why} changes nothing`, () => {
    expect(isSure(permit.replace('ASKS', 'context.findings.contains("a")'))).toBe(true)
  })
}

test('a condition that is an alternative to the findings leaves the permit within reach', () => {
  const asks = 'context.findings.contains("a")'
  expect(isSure(`permit (principal, action, resource) when { ${asks} || resource.tier == 2 };`)).toBe(false)
  expect(isSure(`permit (principal, action, resource) unless { !(${asks}) && context.streaming };`)).toBe(false)
})

test('of a chain, one link that is never allowed is enough, whichever was asked first', () => {
  const person = 'permit (principal == User::"alice", action, resource);'
  const asking = (who: string) =>
    `permit (principal == ${who}, action, resource) when { context.findings.contains("a") };`
  expect(isSure(asking('Agent::"bot"'), infer(forAlice))).toBe(true)
  expect(isSure(`${asking('Agent::"bot"')} ${person}`, infer(forAlice))).toBe(false)
  expect(isSure(`${asking('User::"alice"')} ${asking('Agent::"bot"')}`, infer(forAlice))).toBe(false)
})

const FOUND: readonly (readonly string[])[] = [
  [],
  ['a'],
  ['b'],
  ['a', 'b'],
  ['credentials', 'credentials:indeterminate'],
]

const ASKS = fc.constantFrom(
  'context.findings.contains("a")',
  'context["findings"].containsAny(["a", "b"])',
  'context.findings.isEmpty()',
  '(context has findings)',
  '({ "Var": context.findings }.Var == ["b"])',
  '(context == {findings: ["a", "b"]})',
  '(if context.bool then context else { findings: ["a"] }).findings.contains("a")',
)

/** Findings among other conditions, which hold, fail and err as they like. */
const { body } = fc.letrec<{ body: string; joint: string }>((tie) => ({
  body: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 2, arbitrary: ASKS },
    { weight: 3, arbitrary: expression('bool', 1) },
    { weight: 3, arbitrary: tie('joint') },
  ),
  joint: fc
    .tuple(fc.constantFrom('&&', '||'), tie('body'), tie('body'), fc.boolean())
    .map(([joint, left, right, not]) => `${not ? '!' : ''}(${left} ${joint} ${right})`),
}))

const policy = fc
  .tuple(
    fc.constantFrom('permit', 'permit', 'forbid'),
    fc.constantFrom('', '== U::"a"'),
    fc.constantFrom('when', 'unless'),
    body,
  )
  .map(([effect, who, kind, condition]) => `${effect} (principal ${who}, action, resource) ${kind} { ${condition} };`)

const generated = fc.record({
  texts: fc.array(policy, { minLength: 1, maxLength: 3 }),
  entities: entitiesJson,
  request: requestJson,
})

/** How many denials were sure, and how many were not though no findings that were tried would allow. Throws where one was sure and some would. */
function judge(isNever: typeof isNeverAllowed, runs: number): { readonly sure: number; readonly timid: number } {
  let [sure, timid] = [0, 0]
  fc.assert(
    fc.property(generated, ({ texts, entities, request }) => {
      const text = texts.join('\n')
      const set = compilePolicies(parsePolicies([{ file: 'f', text }]).policies)
      const lookup = readEntities(entities)
      const context = readRecord(request.context)
      const asked = (findings: Value) => ({ ...request, context: { ...context, findings }, entities: lookup })
      const isAlwaysDenied = FOUND.every((findings) => !isAllowed(set.evaluate(asked(findings))))
      const never = isNever(set, asked([]))
      if (never) expect(isAlwaysDenied).toBe(true)
      if (!/context|findings/.test(text)) expect(never).toBe(isAlwaysDenied)
      if (never) sure += 1
      else if (isAlwaysDenied) timid += 1
    }),
    { numRuns: runs },
  )
  return { sure, timid }
}

test('what is denied whatever is found is denied with every set of findings that is tried', () => {
  const { sure, timid } = judge(isNeverAllowed, 800)
  expect(sure).toBeGreaterThan(200)
  expect(timid).toBeLessThan(sure)
})

test('a planted bug, a denial with nothing found taken as sure, is found', () => {
  expect(() => judge((set, request) => !isAllowed(set.evaluate(request)), 1_500)).toThrow()
})
