// Hands `/oauth/*` on to the authorization server, which alone answers there: this side only says who asks, under which exchange, and
// lets nothing through that is not on its lists. Forwarded headers of callers are text like any other, and stay here.
import { METADATA_PATHS, methodsAt } from '#access/authorization-path.ts'
import { Refusal } from '#access/refusal.ts'
import { collect, CollectError } from '#lib/collect.ts'
import type { SocketCaller } from '#upstream/unix-socket.ts'
import type { Caller } from './source.ts'

/** The authorization server of this gate, through its socket. */
export type Authorization = SocketCaller

/** What the door matches against the path as it was sent. */
export const AUTHORIZATION_PATHS = ['/oauth/*', ...METADATA_PATHS] as const

const MOST_BYTES = 64 * 1024
const IDLE_MS = 10_000
const TOTAL_MS = 30_000

/** Of a login at an organisation's provider that takes its time. */
const ANSWER_MS = 30_000

const IN = ['accept', 'authorization', 'content-type', 'cookie', 'dpop', 'x-sallyport-user-token', 'user-agent']

const OUT = [
  'allow',
  'cache-control',
  'content-language',
  'content-security-policy',
  'content-type',
  'cross-origin-opener-policy',
  'dpop-nonce',
  'expires',
  'location',
  'pragma',
  'referrer-policy',
  'retry-after',
  'vary',
  'www-authenticate',
  'x-content-type-options',
  'x-frame-options',
]

export interface Passed {
  readonly request: Request
  /** As it was sent, with its query. */
  readonly path: string
  readonly exchange: string
  readonly caller: Caller
}

/** Never rejects: what is wrong is answered in OAuth's words. */
export async function passAuthorization(passed: Passed, authorization: Authorization | undefined): Promise<Response> {
  try {
    return await pass(passed, authorization)
  } catch (error) {
    return refusalOf(error)
  }
}

async function pass(
  { request, path, exchange, caller }: Passed,
  authorization: Authorization | undefined,
): Promise<Response> {
  if (caller.refused) throw caller.refused
  const [only = ''] = path.split('?', 1)
  if (!methodsAt(only) || path.length > MOST_PATH) throw notHere()
  if (!authorization) throw new Refusal('not_ready', { message: ABSENT, retryAfter: 5 })
  const body = await bodyOf(request)
  const headers = new Headers()
  for (const name of IN) {
    const value = request.headers.get(name)
    if (value !== null) headers.set(name, value)
  }
  headers.set('x-sallyport-exchange', exchange)
  headers.set('x-sallyport-source', caller.source)
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(ANSWER_MS)])
  const answer = await authorization({ method: request.method, path, headers, body, signal })
  return new Response(answer.body, { status: answer.status, headers: kept(answer.headers) })
}

export const ABSENT = 'The authorization server is not ready; try again in a moment.'
const MOST_PATH = 8 * 1024

function kept(answered: Headers): Headers {
  const headers = new Headers()
  for (const name of OUT) {
    const value = answered.get(name)
    if (value !== null) headers.set(name, value)
  }
  for (const cookie of answered.getSetCookie()) headers.append('set-cookie', cookie)
  return headers
}

async function bodyOf({ body, headers }: Request): Promise<Uint8Array | undefined> {
  const declared = headers.get('content-length')
  if (declared !== null && !(Number(declared) <= MOST_BYTES)) throw tooLarge()
  if (!body) return undefined
  try {
    return await collect(body, { bytes: MOST_BYTES, idle: IDLE_MS, total: TOTAL_MS })
  } catch (error) {
    if (!(error instanceof CollectError)) throw error
    if (error.reason === 'too-large') throw tooLarge()
    if (error.reason === 'too-slow')
      throw new Refusal('request_timeout', { message: 'The body did not arrive in time.' })
    throw new Refusal('malformed_request', { message: 'The body broke off before its end.', cause: error })
  }
}

const tooLarge = (): Refusal =>
  new Refusal('body_too_large', { message: `The body is larger than the ${MOST_BYTES} bytes that are read here.` })

const notHere = (): Refusal => new Refusal('not_found', { message: 'Nothing is served here.' })

/** RFC 6749 section 5.2. */
function refusalOf(error: unknown): Response {
  const refusal =
    error instanceof Refusal ? error : new Refusal('internal', { message: 'Something went wrong inside the gate.' })
  const { status, detail } = refusal
  const code = status === 503 ? 'temporarily_unavailable' : status >= 500 ? 'server_error' : 'invalid_request'
  const headers = new Headers({ 'cache-control': 'no-store' })
  if (detail.retryAfter !== undefined) headers.set('retry-after', String(detail.retryAfter))
  if (status === 413 || status === 408) headers.set('connection', 'close')
  return Response.json({ error: code, error_description: detail.message, reason: refusal.reason }, { status, headers })
}
