import { describe, expect, test } from 'bun:test'
import type { Principal } from '#access/principal.ts'
import { personOf } from './key.fixture.ts'
import { notingSignIns } from './sign-ins.ts'

function setting() {
  const time = { now: 1_000_000 }
  const noted: unknown[] = []
  const looked: string[] = []
  const people = new Map<string, Principal>([
    ['alice', personOf('okta')],
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
      signIns: { note: (person, { at, groups }) => void noted.push([person, at, ...groups]) },
      clock: { now: () => time.now },
    },
  )
  const show = (credential: string) => authenticator.identify({ credential, source: '192.0.2.1' })
  return { show, time, noted, looked, people }
}

describe('a sign-in', () => {
  test('is noted of a person who has a personal key, with their teams', async () => {
    const { show, noted } = setting()
    expect(await show('alice')).toEqual(personOf('okta'))
    expect(noted).toEqual([['okta/alice', 1_000_000, 'clinicians']])
  })

  test('is noted of nobody else', async () => {
    const { show, noted, looked } = setting()
    expect((await show('bob'))?.id).toBe('entra/alice')
    expect((await show('app'))?.type).toBe('App')
    expect(await show('nobody')).toBeUndefined()
    expect(noted).toEqual([])
    expect(looked).toEqual(['entra/alice'])
  })

  test('is noted once a minute', async () => {
    const { show, time, noted } = setting()
    for (const at of [0, 1, 59_999, 60_000, 119_999]) {
      time.now = 1_000_000 + at
      await show('alice')
    }
    expect(noted).toEqual([
      ['okta/alice', 1_000_000, 'clinicians'],
      ['okta/alice', 1_060_000, 'clinicians'],
    ])
  })

  test('with other teams is noted at once', async () => {
    const { show, noted, people } = setting()
    await show('alice')
    people.set('alice', { ...personOf('okta'), groups: [] })
    await show('alice')
    expect(noted).toEqual([
      ['okta/alice', 1_000_000, 'clinicians'],
      ['okta/alice', 1_000_000],
    ])
  })

  test('after the clock was set back is noted anew', async () => {
    const { show, time, noted } = setting()
    await show('alice')
    time.now = 100_000
    await show('alice')
    expect(noted).toHaveLength(2)
  })
})
