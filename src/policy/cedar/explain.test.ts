import { expect, test } from 'bun:test'
import type { Entity, RecordValue } from '#access/value.ts'
import { entitySet } from './entity-set.ts'
import { explain } from './explain.ts'
import { parsePolicies } from './parse-policies.ts'
import { compilePolicies } from './policy-set.ts'

const POLICIES = `// Who may use which model.
@id("large") @tell("Ask your team lead.")
permit (
  principal in Team::"clinicians",
  action == Action::"infer",
  resource == Model::"large"
)
when {
  context.tokens < 1000 &&
  context.proof == "jwt"
}
unless { context.night || principal has suspended };

@id("other-action")
permit (principal, action == Action::"embed", resource);

@id("small")
permit (principal is App, action == Action::"infer", resource == Model::"small")
when { context.tokens < 10 && context.paid && context.tested && context.signed };
`

const bob: Entity = {
  uid: { type: 'User', id: 'bob' },
  attributes: {},
  parents: [
    { type: 'Team', id: 'billing' },
    { type: 'Building', id: 'north' },
  ],
}

const set = compilePolicies(parsePolicies([{ file: 'policies/models.cedar', text: POLICIES }]).policies)

function ask(action: string, context: RecordValue, who: Entity = bob) {
  return explain(set, {
    principal: who.uid,
    action: { type: 'Action', id: action },
    resource: { type: 'Model', id: 'large' },
    context,
    entities: entitySet([who]),
  })
}

test('a denial names the nearest permit, its place, and the clause that failed in words', () => {
  expect(ask('infer', { tokens: 900n, proof: 'jwt', night: false })).toEqual({
    id: 'large',
    effect: 'permit',
    file: 'policies/models.cedar',
    line: 2,
    clauses: [
      { text: 'principal in Team::"clinicians"', line: 4, holds: false, because: 'bob is in billing' },
      { text: 'action == Action::"infer"', line: 5, holds: true },
      { text: 'resource == Model::"large"', line: 6, holds: true },
      { text: 'context.tokens < 1000', line: 9, holds: true },
      { text: 'context.proof == "jwt"', line: 10, holds: true },
      { text: 'unless { context.night }', line: 12, holds: true },
      { text: 'unless { principal has suspended }', line: 12, holds: true },
    ],
  })
})

test('numbers and booleans are told, a missing attribute is told, a text of the request never is', () => {
  const clauses = ask('infer', { tokens: 1500n, proof: 'a secret prompt', night: true })?.clauses
  expect(clauses?.slice(3, 6)).toEqual([
    { text: 'context.tokens < 1000', line: 9, holds: false, because: 'context.tokens is 1500' },
    { text: 'context.proof == "jwt"', line: 10, holds: false },
    { text: 'unless { context.night }', line: 12, holds: false, because: 'context.night is true' },
  ])
  expect(ask('infer', { proof: 'jwt', night: false })?.clauses[3]).toEqual({
    text: 'context.tokens < 1000',
    line: 9,
    holds: false,
    because: 'record does not have the attribute `tokens`',
  })
})

test('a person in no group of the kind is told so', () => {
  const carol: Entity = { uid: { type: 'User', id: 'carol' }, attributes: {}, parents: [{ type: 'Team', id: 'a' }] }
  expect(ask('infer', { tokens: 1n, proof: 'jwt', night: false }, { ...carol, parents: [] })?.clauses[0]?.because).toBe(
    'carol is in no Team',
  )
  const parents = ['a', 'b', 'c'].map((id) => ({ type: 'Team', id }))
  expect(ask('infer', { tokens: 1n, proof: 'jwt', night: false }, { ...carol, parents })?.clauses[0]?.because).toBe(
    'carol is in a, b and c',
  )
})

test('a permit for another action is the nearest only where the action has none', () => {
  expect(ask('infer', {})?.id).toBe('large')
  expect(ask('delegate', {})?.id).toBe('other-action')
  expect(ask('delegate', {})?.clauses[1]).toEqual({
    text: 'action == Action::"embed"',
    line: 15,
    holds: false,
    because: 'the action is Action::"delegate"',
  })
})

test('of permits equally far, the first in file order is the nearest', () => {
  const text = `permit (principal, action, resource == M::"b");
    permit (principal, action, resource == M::"a");`
  const two = compilePolicies(parsePolicies([{ file: 'f', text }]).policies)
  const uid = { type: 'X', id: 'x' }
  const request = { principal: uid, action: uid, resource: uid, context: {}, entities: entitySet([]) }
  expect(explain(two, request)?.id).toBe('policy0')
})

test('among two thousand permits, one that misses by its resource alone is found whatever stands before it', () => {
  const others = Array.from(
    { length: 2000 },
    (_, at) => `permit (principal == User::"u${at}", action == Action::"infer", resource == Model::"m${at}");`,
  )
  const { policies } = parsePolicies([{ file: 'f', text: others.join('\n') }])
  const uid = (type: string, id: string) => ({ type, id })
  const request = {
    principal: uid('User', 'u1900'),
    action: uid('Action', 'infer'),
    resource: uid('Model', 'none'),
    context: {},
    entities: entitySet([]),
  }
  const nearest = explain(compilePolicies(policies), request)
  expect(nearest?.id).toBe('policy1900')
  expect(nearest?.line).toBe(1901)
  expect(nearest?.clauses[2]?.because).toBe('the resource is Model::"none"')
})

test('without a permit nothing is near', () => {
  const forbidding = compilePolicies(
    parsePolicies([{ file: 'f', text: 'forbid (principal, action, resource);' }]).policies,
  )
  const uid = { type: 'X', id: 'x' }
  const request = { principal: uid, action: uid, resource: uid, context: {}, entities: entitySet([]) }
  expect(explain(forbidding, request)).toBeUndefined()
})
