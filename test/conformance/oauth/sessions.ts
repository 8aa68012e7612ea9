// What stands behind a token: step-up where it is too narrow (RFC 6750 section 3.1), sessions of virtual keys, and their end by hand.
import { UnsecuredJWT } from 'jose'
import { bearer, claimsOf, type Fields, holds, infer, proofOf, refused, same, token } from './calls.ts'
import type { OAuthCase } from './case.ts'
import type { World } from './world.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS = 'urn:ietf:params:oauth:token-type:access_token'
const KEY = 'urn:sallyport:params:oauth:token-type:virtual-key'

const began = async (world: World, fields: Fields = {}) =>
  token(world, { grant_type: 'client_credentials', ...fields, ...(await proofOf(world, 'helper')) })

async function keyOf(world: World): Promise<string> {
  const words = ['--owner', 'conformance', '--team', 'clinicians', '--environment', 'test', '--use', 'conformance']
  const bounds = ['--models', 'desk-small', '--network', '127.0.0.0/8', '--expires', '1d']
  const printed = await world.run(['key', 'create', '--app', 'kiosk', ...words, ...bounds])
  const [key] = /sp_\w+/.exec(printed) ?? []
  holds(key !== undefined, 'no key was printed')
  return key
}

export const sessionCases: readonly OAuthCase[] = [
  {
    name: 'RFC 6750 section 3.1: a token that is too narrow is insufficient_scope, and the scope that is told suffices',
    async run(world) {
      const narrow = await began(world, { scope: 'embed' })
      const { status, headers } = await infer(world, bearer(narrow.body['access_token']))
      const challenge = headers.get('www-authenticate') ?? ''
      same([status, challenge.includes('error="insufficient_scope"')], [403, true], challenge)
      const [, scope = ''] = /scope="([^"]*)"/.exec(challenge) ?? []
      const wide = await began(world, { scope })
      same((await infer(world, bearer(wide.body['access_token']))).status, 200)
    },
  },
  {
    name: 'RFC 6750 section 3.1: what is no token of this server is invalid_token',
    async run(world) {
      const { body } = await began(world)
      const [header = '', payload = '', signature = ''] = String(body['access_token']).split('.')
      const unsigned = new UnsecuredJWT({ ...claimsOf(body['access_token']) }).encode()
      const other = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
      for (const text of [unsigned, `${header}.${payload}.`]) same((await infer(world, bearer(text))).status, 401)
      const { status, headers } = await infer(world, bearer(`${header}.${payload}.${other}`))
      const challenge = headers.get('www-authenticate') ?? ''
      same([status, challenge.includes('error="invalid_token"')], [401, true], challenge)
    },
  },
  {
    name: 'a virtual key is exchanged for a session that is bound as the key is',
    async run(world) {
      const fields = { grant_type: EXCHANGE, subject_token_type: KEY }
      const answer = await token(world, { ...fields, subject_token: await keyOf(world) })
      same([answer.status, answer.body['issued_token_type']], [200, ACCESS], answer.text)
      const claims = claimsOf(answer.body['access_token'])
      same([claims['sub'], claims['net']], ['App::kiosk', ['127.0.0.0/8']])
      same((await infer(world, bearer(answer.body['access_token']))).status, 200)
      refused(
        await token(world, { ...fields, subject_token: 'sp_k0_abcdefghijklmnopqrstuvwxyzABCDEF0123456789' }),
        'invalid_request',
      )
      refused(
        await token(world, { ...fields, subject_token: await keyOf(world), subject_token_type: ACCESS }),
        'invalid_request',
      )
    },
  },
  {
    name: 'a session that an operator ended has no tokens, no refreshes and no children any more',
    async run(world) {
      const subject = await world.staff.mint({ sub: 'alice', aud: world.origin })
      const fields = { grant_type: EXCHANGE, subject_token_type: ACCESS, scope: 'infer offline_access' }
      const answer = await token(world, { ...fields, subject_token: subject, ...(await proofOf(world, 'helper')) })
      const text = String(answer.body['access_token'])
      same((await infer(world, bearer(text))).status, 200)
      await world.run(['session', 'end', String(claimsOf(text)['sid']), '--why', 'conformance'])
      same((await infer(world, bearer(text))).status, 401)
      const refresh = { grant_type: 'refresh_token', refresh_token: String(answer.body['refresh_token']) }
      refused(await token(world, { ...refresh, ...(await proofOf(world, 'helper')) }), 'invalid_grant')
      const child = { grant_type: EXCHANGE, subject_token_type: ACCESS, subject_token: text }
      refused(await token(world, { ...child, ...(await proofOf(world, 'helper')) }), 'invalid_request')
    },
  },
]
