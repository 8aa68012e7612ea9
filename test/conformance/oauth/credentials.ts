// Clients that prove themselves: client credentials (RFC 6749 section 4.4) by assertions (RFC 7523), and tokens as RFC 9068 has them.
import { generateKeyPair, UnsecuredJWT } from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { ASSERTION_TYPE, assertionOf, bearer, claimsOf, holds, infer, proofOf, refused, same, token } from './calls.ts'
import type { OAuthCase } from './case.ts'
import { insecure, openidOf, serverOf } from './clients.ts'

const CREDENTIALS = { grant_type: 'client_credentials' }

async function refusedAssertion(
  world: Parameters<typeof token>[0],
  wrong: Parameters<typeof proofOf>[2],
): Promise<void> {
  refused(await token(world, { ...CREDENTIALS, ...(await proofOf(world, 'helper', wrong)) }), 'invalid_client', 401)
}

const now = (): number => Math.floor(Date.now() / 1000)

export const credentialCases: readonly OAuthCase[] = [
  {
    name: 'RFC 7523: an application proves itself by its key, and its token opens the gate',
    async run(world) {
      const answer = await openid.clientCredentialsGrant(await openidOf(world, 'helper'))
      same([answer.token_type, answer.scope], ['bearer', 'embed infer'])
      const asked = await infer(world, bearer(answer.access_token))
      same(asked.status, 200, asked.text)
    },
  },
  {
    name: 'RFC 9068: the official client validates the access token',
    async run(world) {
      const answer = await openid.clientCredentialsGrant(await openidOf(world, 'helper'), { scope: 'infer' })
      const request = new Request(world.origin, { headers: bearer(answer.access_token) })
      const claims = await oauth.validateJwtAccessToken(await serverOf(world), request, world.origin, insecure)
      same([claims.iss, claims.client_id, claims.scope, claims.sub], [world.origin, 'helper', 'infer', 'App::helper'])
      holds(typeof claims['sid'] === 'string', 'no sid')
      holds(claims.exp - claims.iat <= 900, 'it lives for more than 15 minutes')
      holds(answer.expires_in !== undefined && answer.expires_in <= claims.exp - claims.iat, 'expires_in is too late')
    },
  },
  {
    name: 'RFC 7523: a workload proves itself by the token of its platform',
    async run(world) {
      const assertion = await world.platform.mint({ sub: 'repo:harbor/builder', aud: world.origin })
      const answer = await token(world, {
        ...CREDENTIALS,
        client_assertion_type: ASSERTION_TYPE,
        client_assertion: assertion,
      })
      same([answer.status, answer.body['token_type']], [200, 'Bearer'], answer.text)
      same(claimsOf(answer.body['access_token'])['sub'], 'App::builder')
    },
  },
  {
    name: 'RFC 7523: a workload with another subject, or a token for somebody else, is nobody',
    async run(world) {
      for (const claims of [
        { sub: 'repo:harbor/builder-2', aud: world.origin },
        { sub: 'repo:harbor/builder', aud: 'https://elsewhere.example' },
        { sub: 'repo:harbor/builder', aud: world.origin, exp: now() - 600, iat: now() - 1200 },
      ]) {
        const proof = { client_assertion_type: ASSERTION_TYPE, client_assertion: await world.platform.mint(claims) }
        refused(await token(world, { ...CREDENTIALS, ...proof }), 'invalid_client', 401)
      }
    },
  },
  {
    name: 'RFC 7523 section 3: an assertion by a key of somebody else is refused',
    async run(world) {
      const { privateKey } = await generateKeyPair('ES256')
      await refusedAssertion(world, { key: privateKey })
    },
  },
  {
    name: 'RFC 7523 section 3: an assertion for another audience is refused',
    run: (world) => refusedAssertion(world, { claims: { aud: 'https://elsewhere.example' } }),
  },
  {
    name: 'RFC 7523 section 3: an assertion that has expired is refused',
    run: (world) => refusedAssertion(world, { claims: { iat: now() - 600, exp: now() - 300 } }),
  },
  {
    name: 'RFC 7523 section 3: an assertion that is good for ever is refused',
    run: (world) => refusedAssertion(world, { claims: { exp: now() + 86_400 } }),
  },
  {
    name: 'RFC 7523 section 3: an assertion whose issuer is not its subject is refused',
    run: (world) => refusedAssertion(world, { claims: { iss: 'other' } }),
  },
  {
    name: 'RFC 7523 section 3: an assertion that is not valid yet is refused',
    run: (world) => refusedAssertion(world, { claims: { nbf: now() + 600, exp: now() + 660 } }),
  },
  {
    name: 'RFC 7523 section 3: an assertion without jti is refused',
    run: (world) => refusedAssertion(world, { claims: { jti: undefined } }),
  },
  {
    name: 'RFC 7523 section 3: an assertion that was used before is refused',
    async run(world) {
      const proof = await proofOf(world, 'helper')
      same((await token(world, { ...CREDENTIALS, ...proof })).status, 200)
      refused(await token(world, { ...CREDENTIALS, ...proof }), 'invalid_client', 401)
    },
  },
  {
    name: 'RFC 8725: an assertion that is signed with a shared secret, or not at all, is refused',
    async run(world) {
      await refusedAssertion(world, { header: { alg: 'HS256' }, key: new Uint8Array(32) })
      const claims = { iss: 'helper', sub: 'helper', aud: world.origin, exp: now() + 60, jti: crypto.randomUUID() }
      const proof = { client_assertion_type: ASSERTION_TYPE, client_assertion: new UnsecuredJWT(claims).encode() }
      refused(await token(world, { ...CREDENTIALS, ...proof }), 'invalid_client', 401)
    },
  },
  {
    name: 'RFC 7521 section 4.2: a client id that is not the one of the assertion is refused',
    async run(world) {
      const answer = await token(world, { ...CREDENTIALS, client_id: 'other', ...(await proofOf(world, 'helper')) })
      holds(answer.status === 400 || answer.status === 401, `answers ${answer.status}`)
      holds(['invalid_client', 'invalid_request'].includes(String(answer.body['error'])), String(answer.body['error']))
    },
  },
  {
    name: 'RFC 7521 section 4.2: an assertion of an unknown type is refused',
    async run(world) {
      const proof = { client_assertion_type: 'urn:example:other', client_assertion: await assertionOf(world, 'helper') }
      const answer = await token(world, { ...CREDENTIALS, ...proof })
      holds(['invalid_client', 'invalid_request'].includes(String(answer.body['error'])), answer.text)
    },
  },
  {
    name: 'RFC 6749 section 2.3: a client may not prove itself in two ways, nor by a secret',
    async run(world) {
      const basic = { authorization: `Basic ${btoa('helper:secret')}` }
      const both = await token(world, { ...CREDENTIALS, ...(await proofOf(world, 'helper')) }, basic)
      holds(both.status >= 400, 'two ways were taken')
      const secret = await token(world, CREDENTIALS, basic)
      same([secret.status, secret.body['error']], [401, 'invalid_client'], secret.text)
      holds(secret.headers.get('www-authenticate')?.startsWith('Basic') === true, 'RFC 6749 section 5.2: no challenge')
      const inBody = await token(world, { ...CREDENTIALS, client_id: 'helper', client_secret: 'secret' })
      refused(inBody, 'invalid_client', 401)
    },
  },
  {
    name: 'RFC 6749 section 5.2: an unknown client, or one that does not prove itself, is invalid_client',
    async run(world) {
      refused(await token(world, { ...CREDENTIALS, client_id: 'nobody' }), 'invalid_client', 401)
      refused(await token(world, { ...CREDENTIALS, client_id: 'helper' }), 'invalid_client', 401)
    },
  },
  {
    name: 'RFC 6749 section 5.2: a grant that is not served is unsupported_grant_type; none at all is invalid_request',
    async run(world) {
      for (const grant of ['password', 'implicit', 'urn:ietf:params:oauth:grant-type:saml2-bearer']) {
        const answer = await token(world, { grant_type: grant, ...(await proofOf(world, 'helper')) })
        refused(answer, 'unsupported_grant_type')
      }
      refused(await token(world, await proofOf(world, 'helper')), 'invalid_request')
    },
  },
  {
    name: 'RFC 6749 section 3.2: a parameter that is there twice is refused',
    async run(world) {
      const answer = await token(world, {
        ...CREDENTIALS,
        scope: ['infer', 'embed'],
        ...(await proofOf(world, 'helper')),
      })
      refused(answer, 'invalid_request')
    },
  },
  {
    name: 'RFC 6749 section 3.2: the token endpoint takes forms by POST, and nothing else',
    async run(world) {
      const got = await fetch(`${world.origin}/oauth/token?grant_type=client_credentials`)
      holds(got.status === 404 || got.status === 405, `GET answers ${got.status}`)
      const body = JSON.stringify({ ...CREDENTIALS, ...(await proofOf(world, 'helper')) })
      const json = await fetch(`${world.origin}/oauth/token`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      })
      same([json.status, ((await json.json()) as { error: string }).error], [400, 'invalid_request'])
    },
  },
  {
    name: 'RFC 6749 section 3.3: a scope narrows, and one beyond the ceiling is invalid_scope',
    async run(world) {
      const narrow = await token(world, { ...CREDENTIALS, scope: 'embed', ...(await proofOf(world, 'helper')) })
      same([narrow.status, narrow.body['scope']], [200, 'embed'])
      for (const scope of ['infer store', 'admin', 'infer "x"']) {
        refused(await token(world, { ...CREDENTIALS, scope, ...(await proofOf(world, 'helper')) }), 'invalid_scope')
      }
    },
  },
  {
    name: 'RFC 8707: a token for another resource is invalid_target; for this one it is made',
    async run(world) {
      for (const resource of ['https://elsewhere.example', 'not an address', `${world.origin}/#x`]) {
        refused(await token(world, { ...CREDENTIALS, resource, ...(await proofOf(world, 'helper')) }), 'invalid_target')
      }
      const own = await token(world, { ...CREDENTIALS, resource: world.origin, ...(await proofOf(world, 'helper')) })
      same([own.status, claimsOf(own.body['access_token'])['aud']], [200, world.origin], own.text)
    },
  },
  {
    name: 'RFC 9396: a task is declared, told again, and bounds the token',
    async run(world) {
      const details = [
        {
          type: 'sallyport_task',
          task: 'answer-customer-query',
          domain: 'customer 4711',
          models: ['desk-small'],
          actions: ['infer'],
          output: 'text',
        },
      ]
      const fields = { ...CREDENTIALS, authorization_details: JSON.stringify(details) }
      const answer = await token(world, { ...fields, ...(await proofOf(world, 'helper')) })
      same(answer.status, 200, answer.text)
      const [told] = answer.body['authorization_details'] as readonly Readonly<Record<string, unknown>>[]
      same([told?.['task'], told?.['domain'], told?.['actions']], ['answer-customer-query', 'customer 4711', ['infer']])
      same(answer.body['scope'], 'infer')
    },
  },
  {
    name: 'RFC 9396 section 5: details of an unknown type, with unknown fields, with tools, or that are no list are refused',
    async run(world) {
      for (const details of [
        '[{"type":"payment_initiation"}]',
        '[{"type":"sallyport_task","task":"x","surprise":1}]',
        '[{"type":"sallyport_task","task":"x","tools":["payments/transfer"]}]',
        '{"type":"sallyport_task","task":"x"}',
        'nonsense',
      ]) {
        const answer = await token(world, {
          ...CREDENTIALS,
          authorization_details: details,
          ...(await proofOf(world, 'helper')),
        })
        refused(answer, 'invalid_authorization_details')
      }
    },
  },
  {
    name: 'RFC 6749 section 10.2: a client without a proof of its own gets no token for itself',
    async run(world) {
      const { status, body } = await token(world, CREDENTIALS)
      // Section 5.2 has a word for either: no client was named, and none proved itself.
      same(
        [
          [400, 'invalid_request'],
          [401, 'invalid_client'],
        ].some(([code, error]) => status === code && body['error'] === error),
        true,
      )
    },
  },
]
