import { describe, expect, test } from 'bun:test'
import type { Limit, Per } from '#access/limit.ts'
import type { Principal } from '#access/principal.ts'
import { limitsOn } from './limits.ts'

const proof = { method: 'jwt', issuer: 'okta', issuedAt: 0, expiresAt: 1 } as const
const ALICE: Principal = { type: 'User', id: 'alice', groups: ['support', 'staff'], attributes: {}, proof }
const DESK: Principal = {
  type: 'App',
  id: 'desk',
  groups: ['platform', 'staff'],
  attributes: { environment: 'production' },
  proof: { ...proof, method: 'key-and-user-token', issuer: 'sallyport', key: 'K1' },
  onBehalfOf: ALICE,
  session: { id: 'S1', root: 'S0', kind: 'declared', tier: 2, trust: 'standard', bound: 'key' },
}
const MODEL = { name: 'fast', system: { tier: 2 as const } }

const limitPer = (per: Per, only?: Limit['only']): Limit => ({
  name: 'x',
  per,
  measure: 'requests',
  most: 5,
  window: { kind: 'calendar', unit: 'day' },
  ...(only && { only }),
})

const whose = (limit: Limit, principal: Principal = DESK, tools: readonly string[] = []): readonly string[] =>
  limitsOn([limit], { principal, model: MODEL, tools }).map((each) => each.whose)

describe('a limit counts', () => {
  test.each([
    ['principal', ['App::desk']],
    ['user', ['User::alice']],
    ['app', ['App::desk']],
    ['key', ['key K1']],
    ['team', ['team platform', 'team staff', 'team support']],
    ['model', ['model fast']],
    ['tool', []],
    ['session', ['session S0']],
  ] as const)('per %s', (per, expected) => {
    expect(whose(limitPer(per))).toEqual([...expected])
  })

  test('per tool each tool that is asked for', () => {
    expect(whose(limitPer('tool'), DESK, ['web_search', 'mcp'])).toEqual(['tool web_search', 'tool mcp'])
  })

  test('nobody where there is nobody to count', () => {
    expect(whose(limitPer('app'), ALICE)).toEqual([])
    expect(whose(limitPer('key'), ALICE)).toEqual([])
    expect(whose(limitPer('session'), ALICE)).toEqual([])
    expect(whose(limitPer('team'), { ...ALICE, groups: [] })).toEqual([])
  })

  test.each([
    [{ teams: ['support'] }, ['User::alice']],
    [{ teams: ['finance'] }, []],
    [{ models: ['fast', 'slow'] }, ['User::alice']],
    [{ models: ['slow'] }, []],
    [{ environments: ['production'] }, ['User::alice']],
    [{ environments: ['test'] }, []],
    [{ tiers: [2, 3] }, ['User::alice']],
    [{ tiers: [1] }, []],
    [{ teams: ['support'], models: ['slow'] }, []],
  ] as const)('only what is named: %j', (only, expected) => {
    expect(whose(limitPer('user', only))).toEqual([...expected])
  })

  test('of named teams only those', () => {
    expect(whose(limitPer('team', { teams: ['support', 'finance'] }))).toEqual(['team support'])
  })

  test('no environment of a person who has none', () => {
    expect(whose(limitPer('user', { environments: ['production'] }), ALICE)).toEqual([])
  })
})

describe('an amount is kept', () => {
  const keyOf = (limits: readonly Limit[], place = 0, principal = ALICE) =>
    limitsOn(limits, { principal, model: MODEL, tools: [] })[place]?.key

  test('where it was when its limit is raised, or called otherwise', () => {
    const limit = limitPer('user')
    expect(keyOf([{ ...limit, most: 500, name: 'y', warn: 0.5 }])).toBe(keyOf([limit]))
  })

  test.each([
    { window: { kind: 'sliding', ms: 86_400_000 } },
    { measure: 'tokens' },
    { per: 'principal' },
    { only: { models: ['fast'] } },
  ] as const)('elsewhere for a limit of something else: %j', (other) => {
    expect(keyOf([{ ...limitPer('user'), ...other }])).not.toBe(keyOf([limitPer('user')]))
  })

  test('apart for each of two limits that count the same', () => {
    const [first, second] = [limitPer('user'), { ...limitPer('user'), most: 50 }]
    expect(keyOf([first, second], 1)).not.toBe(keyOf([first, second], 0))
  })

  test('apart for names that only look alike', () => {
    const odd = { ...ALICE, id: 'a" "b' }
    const other = { ...ALICE, id: 'a' }
    expect(keyOf([limitPer('user')], 0, odd)).not.toBe(keyOf([limitPer('user')], 0, other))
  })
})
