import { expect, test } from 'bun:test'
import type { Entity, EntityUid, RecordValue } from '#access/value.ts'
import { entitySet } from './entity-set.ts'
import { parsePolicies } from './parse-policies.ts'
import { compilePolicies } from './policy-set.ts'

const uid = (type: string, id: string): EntityUid => ({ type, id })
const entity = (type: string, id: string, parents: readonly EntityUid[] = []): Entity => ({
  uid: uid(type, id),
  attributes: {},
  parents,
})

const world = entitySet([
  entity('Action', 'infer', [uid('Action', 'use'), uid('Action', 'any')]),
  entity('Team', 'ward', [uid('Team', 'clinic')]),
  entity('Team', 'clinic'),
])

function ask(text: string, context: RecordValue = {}) {
  const entities = entitySet([entity('User', 'ann', [uid('Team', 'ward')])], world)
  const { policies } = parsePolicies([{ file: 'f', text }])
  const set = compilePolicies(policies)
  const request = { principal: uid('User', 'ann'), action: uid('Action', 'infer'), resource: uid('Model', 'm') }
  const { decision, determining, erring } = set.evaluate({ ...request, context, entities })
  return {
    decision,
    by: determining.map(({ id }) => id),
    erring: erring.map(({ policy, error }) => [policy.id, error]),
  }
}

test('without a permit the answer is no, and a forbid outweighs any permit', () => {
  expect(ask('')).toEqual({ decision: 'deny', by: [], erring: [] })
  expect(ask('permit (principal, action, resource); permit (principal, action, resource == Model::"m");')).toEqual({
    decision: 'allow',
    by: ['policy0', 'policy1'],
    erring: [],
  })
  expect(ask('permit (principal, action, resource); forbid (principal is User, action, resource);')).toEqual({
    decision: 'deny',
    by: ['policy1'],
    erring: [],
  })
})

test('a policy that errs is skipped and named, whatever its effect, without any text of the request', () => {
  const given = ask(
    `permit (principal, action, resource);
     forbid (principal, action, resource) when { context.prompt < 1 };
     forbid (principal, action, resource) when { ip(context.prompt).isIpv4() };
     forbid (principal, action, resource) when { context.constructor == 1 };`,
    { prompt: 'my secret' },
  )
  expect(given.decision).toBe('allow')
  expect(given.erring).toEqual([
    ['policy1', 'type error: expected two longs, datetimes or durations, got string and long'],
    ['policy2', 'error while evaluating `ipaddr` extension function: not a well-formed IP address or range'],
    ['policy3', 'record does not have the attribute `constructor`'],
  ])
})

test('a layer of the request stands on the groups of the bundle, to any depth', () => {
  expect(ask('permit (principal in Team::"clinic", action, resource);').by).toEqual(['policy0'])
  expect(ask('permit (principal is User in Team::"ward", action, resource);').by).toEqual(['policy0'])
  expect(ask('permit (principal is App in Team::"ward", action, resource);').by).toEqual([])
  expect(ask('permit (principal in Team::"ann", action, resource);').by).toEqual([])
})

test('a policy that names two groups of one action is found once', () => {
  expect(ask('permit (principal, action in [Action::"any", Action::"use", Action::"infer"], resource);').by).toEqual([
    'policy0',
  ])
  expect(ask('permit (principal, action in [], resource);').by).toEqual([])
})

test('a condition after one that failed is not evaluated', () => {
  expect(ask('permit (principal, action, resource) when { false } when { context.missing };').erring).toEqual([])
  expect(ask('permit (principal, action, resource) when { context.missing } when { false };').erring.length).toBe(1)
})

test('long sets of records compare in less than quadratic time', () => {
  const members = Array.from({ length: 20_000 }, (_, at) => ({ record: { n: BigInt(at) } }))
  const context = { left: members, right: members.toReversed(), single: [{ record: { n: 7n } }] }
  const start = performance.now()
  expect(
    ask(
      'permit (principal, action, resource) when { context.left == context.right && context.left.containsAll(context.single) };',
      context,
    ).decision,
  ).toBe('allow')
  expect(performance.now() - start).toBeLessThan(5000)
})

test('a pattern of many wildcards is matched in linear time', () => {
  const text = 'ab'.repeat(50_000)
  const start = performance.now()
  expect(
    ask(`permit (principal, action, resource) when { context.text like "${'*ab'.repeat(50)}*abba*" };`, { text })
      .decision,
  ).toBe('deny')
  expect(ask('permit (principal, action, resource) when { context.text like "ab*ab*ab" };', { text }).decision).toBe(
    'allow',
  )
  expect(performance.now() - start).toBeLessThan(5000)
})

test('a cycle and a name that stands twice are refused, and so is a type name that could imitate another uid', () => {
  expect(() => entitySet([entity('G', 'a', [uid('G', 'b')]), entity('G', 'b', [uid('G', 'a')])])).toThrow(
    'its own ancestor',
  )
  expect(() => entitySet([entity('G', 'a'), entity('G', 'a')])).toThrow('stands twice')
  expect(() => entitySet([entity('G"a', 'b')])).toThrow('holds a quote')
})
