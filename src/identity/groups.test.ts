import { describe, expect, test } from 'bun:test'
import { refusalOf } from './forge.fixture.ts'
import { readClaims } from './claims.ts'
import { teamsOf } from './groups.ts'
import { settle } from './issuer.ts'

const teams = {
  engineering: ['okta:Engineering', 'okta:Platform: Core'],
  oncall: ['okta:Engineering'],
  finance: ['entra:5c0d', 'okta2:Engineering'],
}
const okta = { name: 'okta', url: 'https://okta.example.com', audience: ['a'], groups: 'groups' }
const { groups } = settle(okta, teams)

const read = (claims: unknown, from = groups) => teamsOf(readClaims(Buffer.from(JSON.stringify(claims))), from)
const refusal = (claims: unknown, from = groups) => refusalOf(() => read(claims, from))

describe('groups of a token', () => {
  test('become the names of teams, each once, in order; what no team names is dropped', () => {
    expect(read({ groups: ['Platform: Core', 'Engineering', 'Chess'] })).toEqual(['engineering', 'oncall'])
    expect(read({ groups: 'Engineering' })).toEqual(['engineering', 'oncall'])
    expect(read({ groups: ['engineering', '5c0d', 'okta:Engineering', 'Platform'] })).toEqual([])
  })

  test('are none when the claim is missing, empty, or not configured', () => {
    expect(read({})).toEqual([])
    expect(read({ groups: [] })).toEqual([])
    expect(teamsOf(readClaims(Buffer.from('{"groups":["Engineering"],"hasgroups":true}')), undefined)).toEqual([])
  })

  test('are read from the claim of that exact name: dots are no paths', () => {
    const dotted = settle({ ...okta, groups: 'realm.roles' }, teams).groups
    expect(read({ realm: { roles: ['Engineering'] } }, dotted)).toEqual([])
    expect(read({ 'realm.roles': ['Engineering'] }, dotted)).toEqual(['engineering', 'oncall'])
  })

  test.each([[null], [1], [true], [{ a: 1 }], [['Engineering', 1]], [[['Engineering']]]])(
    'are refused when they are %p',
    async (claim) => {
      expect(await refusal({ groups: claim })).toBe(
        "unauthenticated: The token's claim groups is not a list of strings, so your groups are unknown.",
      )
    },
  )

  test('are refused when there are more than 2,000', async () => {
    const many = Array.from({ length: 2001 }, (_, index) => `g${index}`)
    expect(await refusal({ groups: many })).toContain('lists more than 2,000 groups')
    expect(read({ groups: many.slice(1) })).toEqual([])
  })
})

describe('groups that a directory left out are refused by name', () => {
  test.each([
    [
      'distributed claims',
      { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://graph' } } },
    ],
    ['distributed claims beside a list', { groups: ['Engineering'], _claim_names: { groups: 'src1' } }],
    ['distributed claims that cannot be read', { _claim_names: '{"groups":"src1"}' }],
    ['hasgroups', { hasgroups: true }],
    ['hasgroups as text', { hasgroups: 'true' }],
    ['hasgroups beside a list', { groups: ['Engineering'], hasgroups: true }],
    ['a reference', { 'groups:src1': 'https://graph' }],
  ])('%s', async (_, claims) => {
    expect(await refusal(claims)).toBe(
      'groups_omitted: The directory left groups out of the token because there are too many. ' +
        'Ask its administrator to send only the groups assigned to this application.',
    )
  })

  test('also where the bundle reads another claim', async () => {
    const roles = settle({ ...okta, groups: 'roles' }, teams).groups
    for (const claims of [
      { _claim_names: { roles: 'src1' } },
      { _claim_names: { groups: 'src1' } },
      { hasgroups: true },
    ]) {
      expect(await refusal({ roles: ['Engineering'], ...claims }, roles)).toStartWith('groups_omitted: ')
    }
  })

  test('but other distributed claims, and hasgroups: false, are no omission', () => {
    expect(read({ groups: ['Engineering'], _claim_names: { address: 'src1' }, hasgroups: false })).toEqual([
      'engineering',
      'oncall',
    ])
    expect(read({ groups: ['Engineering'], hasgroups: 'false' })).toEqual(['engineering', 'oncall'])
  })
})
