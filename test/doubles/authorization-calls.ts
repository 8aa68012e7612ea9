// Token requests, as forms, to the authorization server of a test.
import { createHash } from 'node:crypto'
import { forge, type ForgedKey } from '#identity/forge.fixture.ts'
import { type AuthorizationWorld, type Name, ORIGIN } from './authorization-server.ts'

export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
export const VIRTUAL_KEY = 'urn:sallyport:params:oauth:token-type:virtual-key'
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export type Fields = Readonly<Record<string, string | undefined>>

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
  /** Of the answer's token. */
  readonly claims: Readonly<Record<string, unknown>>
}

export interface How {
  readonly by?: Name
  readonly key?: ForgedKey
  readonly proof?: { readonly claims?: object; readonly header?: object }
  readonly source?: string
  readonly headers?: Readonly<Record<string, string>>
}

export const publicJwk = ({ publicKey }: ForgedKey): object => {
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' })
  return JSON.parse(JSON.stringify({ kty, crv, x, y })) as object
}

export const thumbprint = (key: ForgedKey): string => {
  const { crv, kty, x } = publicJwk(key) as Record<string, string>
  return createHash('sha256').update(`{"crv":"${crv}","kty":"${kty}","x":"${x}"}`).digest('base64url')
}

let made = 0

/** A proof for the token endpoint; right in every way but what is told otherwise. */
export function proofBy(
  world: AuthorizationWorld,
  key: ForgedKey,
  { claims = {}, header = {} }: How['proof'] = {},
): string {
  made += 1
  const iat = Math.floor(world.time.now / 1000)
  const nonce = world.parts.nonces.current()
  const good = { jti: `proof-${made}`, htm: 'POST', htu: `${ORIGIN}/oauth/token`, iat, nonce }
  return forge(key, { ...good, ...claims }, { typ: 'dpop+jwt', kid: undefined, jwk: publicJwk(key), ...header })
}

export async function post(world: AuthorizationWorld, path: string, fields: Fields, how: How = {}): Promise<Answer> {
  const body = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) body.set(name, value)
  if (how.by) {
    body.set('client_assertion_type', ASSERTION_TYPE)
    body.set('client_assertion', world.assertion(how.by))
  }
  const headers = new Headers(how.headers)
  if (how.key) headers.set('dpop', proofBy(world, how.key, how.proof))
  const source = how.source === undefined ? {} : { source: how.source }
  const response = await world.ask(path, { method: 'POST', body, headers, ...source })
  const text = await response.text()
  const answer = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>
  return { status: response.status, headers: response.headers, body: answer, claims: claimsOf(answer['access_token']) }
}

export function claimsOf(token: unknown): Record<string, unknown> {
  if (typeof token !== 'string') return {}
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
}

export const token = (world: AuthorizationWorld, fields: Fields, how?: How): Promise<Answer> =>
  post(world, '/oauth/token', fields, how)

/** A person's token for a session of ours. */
export const exchange = (world: AuthorizationWorld, subject: string, fields: Fields = {}, how?: How): Promise<Answer> =>
  token(world, { grant_type: EXCHANGE, subject_token: subject, subject_token_type: ACCESS_TOKEN, ...fields }, how)

export const details = (fields: object): string =>
  JSON.stringify([{ type: 'sallyport_task', task: 'letters', ...fields }])

/** `400 invalid_scope: …` */
export const noOf = ({ status, body }: Answer): string =>
  `${status} ${String(body['error'])}: ${String(body['error_description'])}`
