import { describe, expect, test } from 'bun:test'
import type { Principal } from '#access/principal.ts'
import type { Issuer, Teams } from './issuer.ts'
import { personOf } from './key.fixture.ts'
import { notingSignIns, signInRules } from './sign-ins.ts'

function setting() {
  const noted: unknown[] = []
  const looked: string[] = []
  const alice: Principal = { ...personOf('okta'), attributes: { ward: 'north' } }
  const people = new Map<string, Principal>([
    ['alice', alice],
    ['bob', personOf('entra')],
    ['app', personOf('okta', 'App')],
  ])
  const authenticator = notingSignIns(
    { identify: async ({ credential }) => people.get(credential) },
    {
      keys: {
        hasPersonal(person) {
          looked.push(person)
          return person === 'okta/alice'
        },
      },
      signIns: { note: (person, signIn, now) => void noted.push([person, signIn, now]) },
      clock: { now: () => 7_000_000 },
      rules: 'f00d',
    },
  )
  const show = (credential: string, userToken?: string) =>
    authenticator.identify({ credential, source: '192.0.2.1', ...(userToken === undefined ? {} : { userToken }) })
  return { show, noted, looked, alice }
}

describe('a sign-in', () => {
  test('is noted of a person who has a personal key: when the token was issued, and what it said', async () => {
    const { show, noted, alice } = setting()
    expect(await show('alice')).toEqual(alice)
    expect(noted).toEqual([
      [
        'okta/alice',
        { at: 1_000, issuer: 'okta', groups: ['clinicians'], attributes: { ward: 'north' }, rules: 'f00d' },
        7_000_000,
      ],
    ])
  })

  test('is noted of nobody else', async () => {
    const { show, noted, looked } = setting()
    expect((await show('bob'))?.id).toBe('entra/alice')
    expect((await show('app'))?.type).toBe('App')
    expect(await show('nobody')).toBeUndefined()
    expect(noted).toEqual([])
    expect(looked).toEqual(['entra/alice'])
  })

  test('is not noted where another token stands beside the person’s', async () => {
    const { show, noted } = setting()
    await show('alice', 'bob')
    expect(noted).toEqual([])
  })
})

describe('the rules of a sign-in', () => {
  const okta: Issuer = { name: 'okta', url: 'https://okta.example', audience: ['gate'], groups: 'groups' }
  const teams: Teams = { clinicians: ['okta:Doctors'] }

  test('are the same for the same issuers and teams, in whatever order they stand', () => {
    const entra = { ...okta, name: 'entra', url: 'https://entra.example' }
    expect(signInRules([okta, entra], { a: [], ...teams })).toBe(signInRules([entra, okta], { ...teams, a: [] }))
    expect(signInRules([okta], teams)).toMatch(/^[0-9a-f]{64}$/)
  })

  test.each<readonly [string, readonly Issuer[], Teams]>([
    ['an issuer that is gone', [], teams],
    ['another claim for groups', [{ ...okta, groups: 'roles' }], teams],
    ['another name of its people', [{ ...okta, as: 'User::{sub}' }], teams],
    ['a longest age', [{ ...okta, maxAgeSeconds: 60 }], teams],
    ['an attribute', [{ ...okta, attributes: { ward: { claim: 'ward', type: 'string' } } }], teams],
    ['a group that is gone', [okta], { clinicians: [] }],
    ['a team that is new', [okta], { ...teams, interns: ['okta:Interns'] }],
  ])('differ by %s', (_what, issuers, others) => {
    expect(signInRules(issuers, others)).not.toBe(signInRules([okta], teams))
  })
})
