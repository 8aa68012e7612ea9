// Workloads prove themselves with their platform's own JWT (RFC 7523 section 2.2: Kubernetes, GitHub, SPIFFE), of which the library
// knows nothing. It is verified here, as the data plane verifies tokens, and then handed on as an assertion of ours that lives for a
// minute: the key that signs those is made for this process, and never leaves it.
import { generateKeyPairSync, sign } from 'node:crypto'
import type { Principal, Proof } from '#access/principal.ts'
import { isShapedLikeJwt, readToken, type UnverifiedToken } from '#identity/token.ts'
import type { ApplicationConfig } from '#policy/bundle/config.ts'
import type { PublicJwk } from './client-metadata.ts'
import { asOAuth, OAuthRefusal } from './oauth-refusal.ts'
import type { ActiveAuthorization, AuthorizationParts } from './parts.ts'

export interface StandIn {
  readonly client: string
  /** In place of what the workload sent. */
  readonly assertion: string
  readonly proof: Pick<Proof, 'issuer' | 'issuedAt' | 'expiresAt'>
}

export interface Workloads {
  readonly publicKey: PublicJwk
  /** Undefined for what is no token of a workload's issuer. Rejects with OAuthRefusal `invalid_client`. */
  standIn(assertion: string, source: string): Promise<StandIn | undefined>
  /** Whether this token is the application's own, of its platform. */
  isOf(application: ApplicationConfig, token: string, source: string): Promise<boolean>
}

const KID = 'workload'
const LIFE_S = 60

export function makeWorkloads(
  { clock, random }: Pick<AuthorizationParts, 'clock' | 'random'>,
  { config, tokens }: Pick<ActiveAuthorization, 'config' | 'tokens'>,
): Workloads {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const applications = [...config.applications.values()].filter(({ workload }) => workload !== undefined)
  const issuers = new Set(applications.flatMap(({ workload }) => workload?.issuer ?? []))
  const issuerOf = (url: string): string | undefined =>
    [...config.issuers.values()].find((issuer) => issuer.url === url && issuers.has(issuer.name))?.name

  const assertionOf = (client: string): string => {
    const now = Math.floor(clock.now() / 1000)
    const jti = Buffer.from(random(16)).toString('base64url')
    const claims = { iss: client, sub: client, aud: config.public, iat: now, exp: now + LIFE_S, jti }
    const signed = `${segment({ alg: 'EdDSA', kid: KID })}.${segment(claims)}`
    return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`
  }

  async function prove(token: UnverifiedToken, source: string): Promise<Principal> {
    const proven = await tokens.identify({ credential: token.text, source })
    if (proven) return proven
    throw new OAuthRefusal('invalid_client', 'the client assertion is no token of an issuer that is trusted here')
  }

  return {
    publicKey: { ...publicKey.export({ format: 'jwk' }), kid: KID, alg: 'EdDSA', use: 'sig' },
    async standIn(assertion, source) {
      const token = readable(assertion)
      const issuer = token && issuerOf(token.issuer)
      if (!token || issuer === undefined) return undefined
      try {
        const { proof } = await prove(token, source)
        const client = applications.find(({ workload }) => isNamed(workload, issuer, token))
        if (!client)
          throw new OAuthRefusal('invalid_client', 'no application of the bundle is this workload (its issuer and sub)')
        const { issuedAt, expiresAt } = proof
        // Some seconds are allowed for clocks that differ: enough to be proven, and not to begin anything.
        if (expiresAt * 1000 <= clock.now())
          throw new OAuthRefusal('invalid_client', 'the client assertion has expired: take a fresh one')
        return { client: client.name, assertion: assertionOf(client.name), proof: { issuer, issuedAt, expiresAt } }
      } catch (error) {
        throw asOAuth('invalid_client', error)
      }
    },
    async isOf({ workload }, text, source) {
      const token = readable(text)
      const issuer = token && issuerOf(token.issuer)
      if (!token || issuer === undefined || !isNamed(workload, issuer, token)) return false
      await prove(token, source)
      return true
    },
  }
}

/** Exactly this subject, of exactly this issuer. */
const isNamed = (workload: ApplicationConfig['workload'], issuer: string, { claims }: UnverifiedToken): boolean =>
  workload !== undefined && workload.issuer === issuer && workload.subject === claims['sub']

const segment = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function readable(text: string): UnverifiedToken | undefined {
  if (!isShapedLikeJwt(text)) return undefined
  try {
    return readToken(text)
  } catch {
    return undefined
  }
}
