import { expect, test } from 'bun:test'
import type { Access } from '#access/access.ts'
import type { Principal } from '#access/principal.ts'
import { authorize, isAuthorized, type Rules } from '#policy/authorize.ts'
import { entitySet } from '#policy/cedar/entity-set.ts'
import { parsePolicies } from '#policy/cedar/parse-policies.ts'
import { compilePolicies } from '#policy/cedar/policy-set.ts'
import { exchangeEntity } from '#policy/schema.ts'

function rules(cedar: string): Rules {
  const { policies, errors } = parsePolicies([{ file: 'policies/x.cedar', text: cedar }])
  expect(errors).toEqual([])
  const system = { uid: { type: 'System', id: 's' }, attributes: {}, parents: [] }
  const model = { uid: { type: 'Model', id: 'm' }, attributes: { tier: 1n }, parents: [system.uid] }
  return { policySet: compilePolicies(policies), entities: entitySet([system, model]) }
}

const proof = { method: 'jwt', issuer: 'harbor', issuedAt: 1_000, expiresAt: 9_000 } as const

const person = (id: string, groups: readonly string[] = []): Principal => ({
  type: 'User',
  id,
  groups,
  attributes: {},
  proof,
})

function inferBy(principal: Principal): Access {
  const now = { extension: { fn: 'datetime', arg: '1970-01-01T01:00:00.000Z' } } as const
  const identity = { record: { issuer: 'agents', method: 'jwt', age_seconds: 1n } }
  return { principal, action: 'infer', resource: { type: 'Model', id: 'm' }, context: { now, identity } }
}

const helperFor = (origin: Principal): Principal => ({
  type: 'Agent',
  id: 'helper',
  groups: [],
  attributes: {},
  proof: { ...proof, issuedAt: 3_000 },
  onBehalfOf: origin,
})

test('a permit that holds allows, and is named with its place', () => {
  const bundle = rules('@id("p") permit (principal in Team::"t", action, resource in System::"s");')
  expect(authorize(bundle, inferBy(person('a', ['t'])))).toEqual({
    effect: 'allow',
    grounds: { policies: [{ id: 'p', effect: 'permit', file: 'policies/x.cedar', line: 1 }], erring: [] },
  })
})

test('the verdict alone is the verdict with its grounds', () => {
  const texts = [
    'permit (principal, action, resource);',
    'permit (principal in Team::"t", action, resource);',
    'permit (principal, action, resource); forbid (principal, action, resource) when { context.nothing };',
    'permit (principal, action, resource) unless { principal is Agent };',
  ]
  const ceiling = { of: 'key k', models: new Set(['other']), actions: new Set(['infer']) }
  const asked = [
    person('a'),
    person('a', ['t']),
    helperFor(person('a', ['t'])),
    { ...person('a'), grants: [ceiling] },
  ].map(inferBy)
  const verdicts = texts.map((text) => asked.map((access) => isAuthorized(rules(text), access)))
  expect(verdicts).toEqual([
    [true, true, true, false],
    [false, true, false, false],
    [false, false, false, false],
    [true, true, false, false],
  ])
  const explained = texts.map((text) => asked.map((access) => authorize(rules(text), access).effect === 'allow'))
  expect(explained).toEqual(verdicts)
})

test('what no policy permits is denied, with the nearest permit and what its author tells', () => {
  const bundle = rules('@id("p") @tell("Ask for t.") permit (principal in Team::"t", action, resource);')
  const { effect, grounds } = authorize(bundle, inferBy(person('a')))
  expect(effect).toBe('deny')
  expect(grounds.policies).toEqual([])
  expect(grounds.nearest?.id).toBe('p')
  expect(grounds.nearest?.clauses.find(({ holds }) => !holds)?.text).toBe('principal in Team::"t"')
  expect(grounds.tell).toBe('Ask for t.')
})

test('a forbid denies whatever is permitted, and its own text is told, never that of a permit', () => {
  const permit = '@id("p") @tell("never shown") permit (principal, action, resource);'
  const told = rules(`${permit} @id("f") @tell("Not today.") forbid (principal, action, resource);`)
  expect(authorize(told, inferBy(person('a')))).toEqual({
    effect: 'deny',
    grounds: {
      policies: [{ id: 'f', effect: 'forbid', file: 'policies/x.cedar', line: 1 }],
      erring: [],
      tell: 'Not today.',
    },
  })
  const silent = rules(`${permit} @id("f") forbid (principal, action, resource);`)
  expect(authorize(silent, inferBy(person('a'))).grounds.tell).toBeUndefined()
  expect(authorize(silent, inferBy(person('a'))).grounds.nearest).toBeUndefined()
})

test('the texts of several forbids are told once each', () => {
  const bundle = rules(`@id("f") @tell("One.") forbid (principal, action, resource);
@id("g") @tell("Two.") forbid (principal, action, resource);
@id("h") @tell("One.") forbid (principal, action, resource);`)
  expect(authorize(bundle, inferBy(person('a'))).grounds.tell).toBe('One. Two.')
})

test('a forbid that errs denies, where Cedar would have skipped it', () => {
  const bundle = rules(`@id("p") permit (principal, action, resource);
@id("f") forbid (principal, action, resource) when { resource.secret };`)
  const { effect, grounds } = authorize(bundle, inferBy(person('a')))
  expect(effect).toBe('deny')
  expect(grounds.policies.map(({ id }) => id)).toEqual(['f'])
  expect(grounds.erring.map(({ id, effect: kind }) => [id, kind])).toEqual([['f', 'forbid']])
  expect(grounds.erring[0]?.error).toContain('secret')
})

test('a permit that errs permits nothing, takes nothing from the others, and is recorded', () => {
  const erring = '@id("e") permit (principal, action, resource) when { resource.secret };'
  const { effect, grounds } = authorize(
    rules(`${erring} @id("p") permit (principal, action, resource);`),
    inferBy(person('a')),
  )
  expect(effect).toBe('allow')
  expect(grounds.policies.map(({ id }) => id)).toEqual(['p'])
  expect(grounds.erring.map(({ id }) => id)).toEqual(['e'])
  expect(authorize(rules(erring), inferBy(person('a'))).effect).toBe('deny')
})

test('every link of a chain must be allowed', () => {
  const both =
    '@id("u") permit (principal in Team::"t", action, resource); @id("h") permit (principal == Agent::"helper", action, resource);'
  const allowed = authorize(rules(both), inferBy(helperFor(person('a', ['t']))))
  expect(allowed.effect).toBe('allow')
  expect(allowed.grounds.policies.map(({ id }) => id).sort()).toEqual(['h', 'u'])
  // The person may not, though the agent may; and the other way round.
  expect(authorize(rules(both), inferBy(helperFor(person('a')))).effect).toBe('deny')
  const personOnly = '@id("u") permit (principal in Team::"t", action, resource);'
  expect(authorize(rules(personOnly), inferBy(helperFor(person('a', ['t'])))).effect).toBe('deny')
})

test('teams of one link count for no other', () => {
  const bundle = rules('@id("p") permit (principal in Team::"t", action, resource);')
  expect(authorize(bundle, inferBy({ ...helperFor(person('a', ['t'])), groups: [] })).effect).toBe('deny')
})

test('each link sees where it stands, through whom it acts, and its own proof', () => {
  const alone =
    '@id("p") permit (principal, action, resource) when { context.link == "origin" && context.direct && !(context has via) };'
  expect(authorize(rules(alone), inferBy(person('a'))).effect).toBe('allow')
  const chain = `@id("o") permit (principal == User::"a", action, resource) when {
  context.link == "origin" && !context.direct && context.via == "helper" &&
  context.identity.issuer == "harbor" && context.identity.age_seconds == 2600 };
@id("h") permit (principal == Agent::"helper", action, resource) when {
  context.link == "actor" && !context.direct && !(context has via) && context.identity.issuer == "agents" };`
  expect(authorize(rules(chain), inferBy(helperFor(person('a')))).effect).toBe('allow')
})

test('where a request stands is not taken from the context it came with', () => {
  const bundle = rules('@id("p") permit (principal, action, resource) when { context.direct };')
  const access = inferBy(helperFor(person('a')))
  expect(authorize(bundle, { ...access, context: { ...access.context, direct: true } }).effect).toBe('deny')
})

test('who is alone is its origin, whatever the context said, in whole or in part', () => {
  const bundle = rules('permit (principal, action, resource) when { context.link == "origin" && context.direct };')
  const { context, ...access } = inferBy(person('a'))
  for (const said of [{}, { link: 'actor' }, { link: 'origin', direct: false }, { link: 'actor', direct: true }]) {
    expect(authorize(bundle, { ...access, context: { ...context, ...said } }).effect).toBe('allow')
  }
})

test('in a chain of three each link is asked through the one that acts for it', () => {
  const bundle =
    rules(`permit (principal == User::"a", action, resource) when { context.link == "origin" && context.via == "desk" };
permit (principal == App::"desk", action, resource) when { context.link == "delegate" && context.via == "helper" };
permit (principal == Agent::"helper", action, resource) when { context.link == "actor" && !(context has via) };`)
  const desk: Principal = { ...person('desk'), type: 'App', onBehalfOf: person('a') }
  const access = inferBy(helperFor(desk))
  expect(authorize(bundle, access).effect).toBe('allow')
  expect(isAuthorized(bundle, access)).toBe(true)
})

test('whose teams were looked up for one bundle, or before they changed, is asked about anew', () => {
  const text = 'permit (principal in Team::"above", action, resource);'
  const flat = rules(text)
  const above = { type: 'Team', id: 'above' }
  const nested = {
    ...flat,
    entities: entitySet([{ uid: { type: 'Team', id: 't' }, attributes: {}, parents: [above] }]),
  }
  const access = inferBy(person('a', ['t']))
  expect([flat, nested, flat].map((bundle) => authorize(bundle, access).effect)).toEqual(['deny', 'allow', 'deny'])
  expect(authorize(nested, inferBy(person('a', []))).effect).toBe('deny')
})

test('an exchange is read by its owner: same type, same name', () => {
  const bundle = rules(
    '@id("p") permit (principal is User, action, resource) when { resource has owner && resource.owner == principal };',
  )
  const read = (owner: { type: string; id: string }): Access => ({
    principal: person('a'),
    action: 'read',
    resource: { type: 'Exchange', id: 'x' },
    context: {},
    entities: [exchangeEntity('x', [owner])],
  })
  expect(authorize(bundle, read({ type: 'User', id: 'a' })).effect).toBe('allow')
  expect(authorize(bundle, read({ type: 'User', id: 'b' })).effect).toBe('deny')
  expect(authorize(bundle, read({ type: 'App', id: 'a' })).effect).toBe('deny')
})

test('what a permit for another action tells is not told', () => {
  const bundle = rules(
    '@id("p") @tell("infer is for t") permit (principal in Team::"t", action == Action::"infer", resource);',
  )
  const asked = (action: string) => authorize(bundle, { ...inferBy(person('a')), action }).grounds
  expect(asked('infer').tell).toBe('infer is for t')
  expect(asked('store').nearest?.id).toBe('p')
  expect(asked('store').tell).toBeUndefined()
})
