import { describe, expect, test } from 'bun:test'
import type { Access } from '#access/access.ts'
import type { Grant } from '#access/grant.ts'
import type { Principal } from '#access/principal.ts'
import { authorize, type Rules } from '#policy/authorize.ts'
import { entitySet } from '#policy/cedar/entity-set.ts'
import { parsePolicies } from '#policy/cedar/parse-policies.ts'
import { compilePolicies } from '#policy/cedar/policy-set.ts'
import { deniedWhateverIsFound } from '#policy/findings-matter.ts'
import { exchangeEntity } from '#policy/schema.ts'

const EVERYTHING: Rules = rulesOf('@id("all") permit (principal, action, resource);')

function rulesOf(text: string): Rules {
  const { policies } = parsePolicies([{ file: 'p.cedar', text }])
  return { policySet: compilePolicies(policies), entities: entitySet([]) }
}

const proof = { method: 'jwt', issuer: 'harbor', issuedAt: 1_000, expiresAt: 9_000 } as const
const KEY: Grant = { of: 'key k1', models: new Set(['small', 'vectors']), actions: new Set(['infer']) }

const app = (grants: readonly Grant[], onBehalfOf?: Principal): Principal => ({
  type: 'App',
  id: 'intake',
  groups: [],
  attributes: {},
  proof,
  grants,
  ...(onBehalfOf ? { onBehalfOf } : {}),
})
const alice = (grants: readonly Grant[] = []): Principal => ({ ...app(grants), type: 'User', id: 'alice' })

const use = (principal: Principal, action: string, model: string): Access => ({
  principal,
  action,
  resource: { type: 'Model', id: model },
  context: {},
})

describe('a grant', () => {
  test('is a ceiling: beyond it nothing is allowed, whatever policy permits', () => {
    expect(authorize(EVERYTHING, use(app([KEY]), 'infer', 'small')).effect).toBe('allow')
    expect(authorize(EVERYTHING, use(app([KEY]), 'infer', 'large'))).toEqual({
      effect: 'deny',
      grounds: { policies: [], erring: [], beyond: { grant: 'key k1', lacks: 'model' } },
    })
    expect(authorize(EVERYTHING, use(app([KEY]), 'store', 'small')).grounds.beyond).toEqual({
      grant: 'key k1',
      lacks: 'action',
    })
  })

  test('permits nothing: what policy does not permit is denied within it, too', () => {
    const nothing = rulesOf('@id("none") forbid (principal, action, resource);')
    const { effect, grounds } = authorize(nothing, use(app([KEY]), 'infer', 'small'))
    expect(effect).toBe('deny')
    expect(grounds.policies.map(({ id }) => id)).toEqual(['none'])
  })

  test('holds for every link of a chain, and all of several hold', () => {
    const narrower: Grant = { ...KEY, of: 'key k2', models: new Set(['vectors']) }
    expect(authorize(EVERYTHING, use(app([], alice([KEY])), 'infer', 'large')).effect).toBe('deny')
    expect(authorize(EVERYTHING, use(app([KEY], alice([narrower])), 'infer', 'small')).grounds.beyond?.grant).toBe(
      'key k2',
    )
    expect(authorize(EVERYTHING, use(app([KEY, narrower]), 'infer', 'vectors')).effect).toBe('allow')
  })

  test('of no models contains none', () => {
    expect(authorize(EVERYTHING, use(app([{ ...KEY, models: new Set() }]), 'infer', 'small')).effect).toBe('deny')
  })

  test('speaks of models: to read a record is within each', () => {
    const read: Access = {
      principal: app([KEY]),
      action: 'read',
      resource: { type: 'Exchange', id: 'x' },
      context: {},
      entities: [exchangeEntity('x', [{ type: 'App', id: 'intake' }])],
    }
    expect(authorize(EVERYTHING, read).effect).toBe('allow')
  })

  test('does not depend on what is found: nobody looks', () => {
    const access = use(app([KEY]), 'infer', 'large')
    const readsFindings = rulesOf(
      '@id("all") permit (principal, action, resource); @id("f") forbid (principal, action, resource) when { context has findings && context.findings.contains("credentials") };',
    )
    expect(deniedWhateverIsFound(readsFindings, authorize(readsFindings, access), access)).toBe(true)
  })
})

test('an exchange belongs to every link of its chain, each under the name of its type', () => {
  const owners = [
    { type: 'App', id: 'intake' },
    { type: 'User', id: 'alice' },
  ]
  expect(exchangeEntity('x', owners).attributes).toEqual({
    owner_app: { entity: { type: 'App', id: 'intake' } },
    owner: { entity: { type: 'User', id: 'alice' } },
  })
})
