import { describe, expect, test } from 'bun:test'
import type { Authenticator } from '#access/authenticator.ts'
import type { Principal } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'
import { refusalOf } from './forge.fixture.ts'
import { identify } from './identify.ts'
import { personOf } from './key.fixture.ts'
import { takingUserTokens } from './user-token.ts'

const app: Principal = { ...personOf('ci', 'App'), id: 'ci/site' }
const known: ReadonlyMap<string, Principal> = new Map([
  ['app', app],
  ['other-app', personOf('ci', 'App')],
  ['agent', personOf('ci', 'Agent')],
  ['alice', personOf('okta')],
])
const asked: string[] = []
const tokens: Authenticator = {
  async identify({ credential }) {
    asked.push(credential)
    if (credential === 'expired') throw new Refusal('unauthenticated', { message: 'The token expired.' })
    return known.get(credential)
  },
}
const taking = [takingUserTokens(tokens, tokens)]
const show = (credential: string, userToken?: string, authenticators: readonly Authenticator[] = taking) =>
  identify(authenticators, { credential, source: '192.0.2.1', ...(userToken === undefined ? {} : { userToken }) })
const NOT_A_PERSON =
  "unauthenticated: The x-sallyport-user-token header must hold a person's token of an issuer that is trusted here."

describe('a user token', () => {
  test("beside an application's own token makes the chain", async () => {
    expect(await show('app', 'alice')).toEqual({ ...app, onBehalfOf: personOf('okta') })
  })

  test('is not needed', async () => {
    expect(await show('app')).toBe(app)
    expect((await show('alice')).id).toBe('okta/alice')
  })

  test.each(['app', 'other-app', 'agent', 'nobody', 'sp_k7_abcdefghijklmnopqrstuvwxyz0123456789'])(
    '%p stands for no person',
    async (userToken) => {
      expect(await refusalOf(() => show('app', userToken))).toBe(NOT_A_PERSON)
    },
  )

  test('that is wrong is refused for what is wrong, never left out', async () => {
    expect(await refusalOf(() => show('app', 'expired'))).toBe(
      'unauthenticated: x-sallyport-user-token: The token expired.',
    )
  })

  test("beside a person's own token is a question of who it is, even where both are the same", async () => {
    for (const userToken of ['alice', 'expired', 'nobody']) {
      expect(await refusalOf(() => show('alice', userToken))).toBe(
        "ambiguous_proof: The credential is a person's own, and x-sallyport-user-token names a person, too; send one of them.",
      )
    }
  })

  test('that nobody took is refused', async () => {
    const told =
      'unauthenticated: The x-sallyport-user-token header is taken beside the proof of an application only; leave it out.'
    expect(await refusalOf(() => show('agent', 'alice'))).toBe(told)
    expect(await refusalOf(() => show('app', 'alice', [tokens]))).toBe(told)
    expect(await refusalOf(() => show('alice', 'alice', [tokens]))).toStartWith('ambiguous_proof: ')
  })

  test('is looked at only once the application has proven itself', async () => {
    asked.length = 0
    expect(await refusalOf(() => show('expired', 'alice'))).toBe('unauthenticated: The token expired.')
    expect(await refusalOf(() => show('nobody', 'alice'))).toStartWith('unauthenticated: ')
    expect(asked).toEqual(['expired', 'nobody'])
  })

  test('what breaks while it is proven is not told as a refusal', async () => {
    const broken: Authenticator = {
      async identify({ credential }) {
        if (credential === 'alice') throw new TypeError('a bug')
        return known.get(credential)
      },
    }
    expect(show('app', 'alice', [takingUserTokens(broken, broken)])).rejects.toThrow(TypeError)
  })
})
