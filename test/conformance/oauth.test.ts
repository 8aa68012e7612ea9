// The OAuth conformance run, case by case, against the processes that `sallyport start` runs.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { reportOAuth, runOAuthCase } from './oauth/case.ts'
import { oauthCases } from './oauth/oauth.ts'
import { startWorld, type World } from './oauth/world.ts'

describe('the official OAuth clients, at the authorization server and the gate', () => {
  let world: World | undefined
  beforeAll(async () => {
    world = await startWorld()
  }, 90_000)
  afterAll(() => world?.stop())

  for (const each of oauthCases) {
    test(
      each.name,
      async () => {
        if (!world) throw new Error('the processes did not start')
        const { failure } = await runOAuthCase(each, world)
        expect(failure).toBeUndefined()
      },
      25_000,
    )
  }
})

describe('the report of the run', () => {
  test('passes where every case that there is held', () => {
    expect(reportOAuth([{ name: 'a' }, { name: 'b' }], 2)).toEqual({
      lines: ['oauth: 2/2, failed: none'],
      passed: true,
    })
  })

  test('names what failed, and why', () => {
    expect(reportOAuth([{ name: 'a' }, { name: 'b', failure: 'it answers 500' }], 2)).toEqual({
      lines: ['b: it answers 500', 'oauth: 1/2, failed: b'],
      passed: false,
    })
  })

  test('is no pass where nothing ran, or not everything', () => {
    expect(reportOAuth([], 0).passed).toBe(false)
    expect(reportOAuth([{ name: 'a' }], 2)).toEqual({
      lines: ['oauth: 1/2, failed: all that did not run'],
      passed: false,
    })
  })
})
