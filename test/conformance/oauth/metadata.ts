// What the servers say of themselves: RFC 8414, RFC 7517, RFC 9728, and the challenge that leads a client there.
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { get, holds, infer, post, same } from './calls.ts'
import type { OAuthCase } from './case.ts'
import { insecure, serverOf } from './clients.ts'

const ENDPOINTS = [
  'authorization_endpoint',
  'token_endpoint',
  'revocation_endpoint',
  'introspection_endpoint',
  'device_authorization_endpoint',
  'registration_endpoint',
] as const

export const metadataCases: readonly OAuthCase[] = [
  {
    name: 'RFC 8414: both official clients discover the server, and its issuer is the public origin',
    async run(world) {
      same((await serverOf(world)).issuer, world.origin)
      const { origin } = world
      const execute = [openid.allowInsecureRequests]
      const config = await openid.discovery(new URL(origin), 'helper', undefined, openid.None(), {
        algorithm: 'oauth2',
        execute,
      })
      same(config.serverMetadata().issuer, origin)
    },
  },
  {
    name: 'RFC 8414: what stands in the document is what is served, and nothing that should not be is in it',
    async run(world) {
      const server = await serverOf(world)
      same(server.response_types_supported, ['code'])
      same(server.code_challenge_methods_supported, ['S256'])
      same([...(server.token_endpoint_auth_methods_supported ?? [])].sort(), ['none', 'private_key_jwt'])
      same([...(server.grant_types_supported ?? [])].sort(), [
        'authorization_code',
        'client_credentials',
        'refresh_token',
        'urn:ietf:params:oauth:grant-type:device_code',
        'urn:ietf:params:oauth:grant-type:token-exchange',
      ])
      same(server.authorization_response_iss_parameter_supported, true)
      const signing = [
        ...(server.dpop_signing_alg_values_supported ?? []),
        ...(server.token_endpoint_auth_signing_alg_values_supported ?? []),
      ]
      holds(
        signing.length > 0 && !signing.some((alg) => alg === 'none' || alg.startsWith('HS')),
        `algorithms: ${signing.join(' ')}`,
      )
      same(server['client_id_metadata_document_supported'], true)
    },
  },
  {
    name: 'RFC 8414: the same document stands at the address that OpenID Connect clients look at',
    async run({ origin }) {
      const [one, other] = await Promise.all(
        ['oauth-authorization-server', 'openid-configuration'].map((name) => get(`${origin}/.well-known/${name}`)),
      )
      same(one?.status, 200)
      same(one?.body, other?.body)
    },
  },
  {
    name: 'RFC 8414: every endpoint of the document is below the issuer, and answers',
    async run(world) {
      const server = await serverOf(world)
      for (const name of ENDPOINTS) {
        const address = server[name]
        holds(typeof address === 'string' && address.startsWith(`${world.origin}/oauth/`), `${name}: ${address}`)
        const { status } =
          name === 'authorization_endpoint'
            ? await get(address)
            : await post(world, new URL(address).pathname, { x: 'y' })
        holds(status >= 400 && status < 500 && status !== 404, `${name} answers ${status}`)
      }
    },
  },
  {
    name: 'RFC 7517: the published keys are public, for EdDSA signatures, and each has an id',
    async run(world) {
      const { jwks_uri: address } = await serverOf(world)
      const { status, body } = await get(String(address))
      same(status, 200)
      const keys = body['keys'] as readonly Readonly<Record<string, unknown>>[]
      holds(keys.length > 0, 'no keys')
      for (const key of keys) {
        same([key['kty'], key['crv'], key['alg'], key['use']], ['OKP', 'Ed25519', 'EdDSA', 'sig'])
        holds(typeof key['kid'] === 'string' && !('d' in key), 'a key without id, or a private one')
      }
    },
  },
  {
    name: 'RFC 9728: the protected resource names itself and its authorization server',
    async run({ origin }) {
      const resource = new URL(origin)
      const answer = await oauth.resourceDiscoveryRequest(resource, insecure)
      const found = await oauth.processResourceDiscoveryResponse(resource, answer)
      same([found.resource.replace(/\/$/, ''), found.authorization_servers], [origin, [origin]])
      same(found.bearer_methods_supported, ['header'])
      holds(found.dpop_signing_alg_values_supported?.includes('ES256') === true, 'no DPoP algorithms')
    },
  },
  {
    name: 'RFC 9728 section 5.1: who is refused for want of a credential is told where the resource is described',
    async run(world) {
      const { status, headers } = await infer(world, {})
      same(status, 401)
      const challenge = headers.get('www-authenticate') ?? ''
      const [, address = ''] = /resource_metadata="([^"]+)"/.exec(challenge) ?? []
      holds(address.startsWith(`${world.origin}/.well-known/oauth-protected-resource`), `challenge: ${challenge}`)
      same((await get(address)).status, 200)
    },
  },
  {
    name: 'RFC 6749 section 5.1: neither tokens nor refusals are kept by caches',
    async run(world) {
      const { headers } = await post(world, '/oauth/token', { grant_type: 'client_credentials' })
      same(headers.get('cache-control'), 'no-store')
    },
  },
]
