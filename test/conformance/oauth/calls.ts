// What cases have in common: requests as no client library would send them, assertions that are wrong on purpose, and comparisons.
import { isDeepStrictEqual } from 'node:util'
import { type CryptoKey, type JWTHeaderParameters, SignJWT } from 'jose'
import type { Application } from './bundle.ts'
import { keyOf, type World } from './world.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
  readonly text: string
}

export type Fields = Readonly<Record<string, string | readonly string[]>>

export async function post(
  { origin }: World,
  path: string,
  fields: Fields,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const body = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) {
    for (const each of typeof value === 'string' ? [value] : value) body.append(name, each)
  }
  return answerOf(await fetch(origin + path, { method: 'POST', body, headers, redirect: 'manual' }))
}

export async function get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return answerOf(await fetch(url, { headers, redirect: 'manual' }))
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') === true
  const { status, headers } = response
  return { status, headers, text, body: isJson ? (JSON.parse(text) as Answer['body']) : {} }
}

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

interface Wrong {
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Partial<JWTHeaderParameters>
  readonly key?: CryptoKey | Uint8Array
}

/** RFC 7523 section 3, as it must be, but for what is said otherwise. */
export function assertionOf(world: World, application: Application, wrong: Wrong = {}): Promise<string> {
  const { key, kid } = keyOf(world, application)
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    iss: application,
    sub: application,
    aud: world.origin,
    iat: now,
    exp: now + 60,
    jti: crypto.randomUUID(),
  }
  return new SignJWT({ ...claims, ...wrong.claims })
    .setProtectedHeader({ alg: 'ES256', kid, ...wrong.header })
    .sign(wrong.key ?? key)
}

/** Fields by which an application proves itself. */
export const proofOf = async (world: World, application: Application, wrong: Wrong = {}): Promise<Fields> => ({
  client_assertion_type: ASSERTION_TYPE,
  client_assertion: await assertionOf(world, application, wrong),
})

export const token = (world: World, fields: Fields, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  post(world, '/oauth/token', fields, headers)

/** RFC 6749 section 5.2. */
export function refused(answer: Answer, error: string, status = 400): void {
  same(
    [answer.status, answer.body['error']],
    [status, error],
    `${JSON.stringify(answer.body)} ${answer.text.slice(0, 200)}`,
  )
  const description = answer.body['error_description']
  if (typeof description !== 'string' || !/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/.test(description)) {
    throw new Error(`error_description is missing, or has characters that RFC 6749 section 5.2 does not allow`)
  }
}

export function same(found: unknown, wanted: unknown, more = ''): void {
  if (isDeepStrictEqual(found, wanted)) return
  throw new Error(`found ${JSON.stringify(found)}, wanted ${JSON.stringify(wanted)}${more === '' ? '' : `: ${more}`}`)
}

export function holds(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what)
}

/** Of an access token, unverified. */
export function claimsOf(jwt: unknown): Readonly<Record<string, unknown>> {
  const [, payload = ''] = String(jwt).split('.')
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Readonly<Record<string, unknown>>
}

/** What the gateway says to a call of a model with this credential. */
export async function infer(
  { origin }: World,
  headers: Readonly<Record<string, string>>,
  model = 'desk-small',
): Promise<Answer> {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'hello' }] })
  return answerOf(
    await fetch(`${origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    }),
  )
}

export const bearer = (text: unknown): Readonly<Record<string, string>> => ({ authorization: `Bearer ${String(text)}` })

/** `authorization_details` of a task with this model. */
export const detailsFor = (model: string): string =>
  JSON.stringify([{ type: 'sallyport_task', task: 'conformance', models: [model] }])
