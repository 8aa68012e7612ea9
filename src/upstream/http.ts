// The way out over HTTP. Headers are an allow-list of our own making: nothing of the caller's request leaves but its body
// and what its protocol lets through.
import type { CredentialReference } from '#access/provider.ts'
import { Refusal } from '#access/refusal.ts'
import { authorizationOf } from './authorization.ts'
import { type Dialer, type Sent, unreachable } from './dial.ts'
import type { Route } from './dial-way.ts'
import { failureCode } from './failure-code.ts'
import { begun } from './http-first-piece.ts'
import { missingLine } from './missing-line.ts'
import { MissingSecret } from './secret-place.ts'
import type { Upstream, UpstreamAnswer, UpstreamCall } from './upstream.ts'

/** As much of `Credentials` as a request needs. */
export interface Secrets {
  read(reference: CredentialReference): Promise<string>
  /** Re-reads at once, whatever is remembered. */
  refresh(reference: CredentialReference): Promise<string>
}

export interface HttpUpstreamOptions {
  readonly credentials: Secrets
  readonly dialer: Dialer
  /** The operator's: names addresses. */
  readonly log: (line: string) => void
  /** Milliseconds. */
  readonly now: () => number
}

export function httpUpstream({ credentials, dialer, log, now }: HttpUpstreamOptions): Upstream {
  const complain = atIntervals(log, now)
  return {
    async send(call) {
      const { provider } = call
      // One signal of its own, which whoever may end it aborts: combining signals costs as much as everything else here.
      const bound: Bound = { over: new AbortController(), late: false }
      const { signal } = bound.over
      abortWith(call, bound.over)
      const timer = setTimeout(expire, provider.timeouts.firstByte, bound)
      let route: Route | undefined
      try {
        route = await dialer.route(provider, signal)
        const { credential } = provider
        const secret = credential && (await credentials.read(credential))
        let response = await dialer.send(route, leaving(call, secret, signal))
        // A secret that was rotated a moment ago: a request that was not admitted did nothing, and may be made again.
        const fresh = response.status === 401 && credential && (await renewed(credentials, credential))
        if (fresh && fresh !== secret) {
          await response.body?.cancel()
          response = await dialer.send(route, leaving(call, fresh, signal))
        }
        return call.firstByteCounts && response.ok ? await begunAnswer(response) : answerOf(response, bound)
      } catch (error) {
        const refusal = refusalOf(error, bound.late && !isLeft(call))
        const words = wordsFor(call, refusal, route !== undefined)
        if (words !== undefined && !isLeft(call)) complain(`${provider.name}: ${words}`)
        throw refusal
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

/** What ends one call, and whether it was for its time. */
interface Bound {
  readonly over: AbortController
  late: boolean
}

function expire(bound: Bound): void {
  bound.late = true
  bound.over.abort()
}

/** Whoever asked wants it no more. */
const isLeft = ({ signal, withdrawn }: UpstreamCall): boolean => signal.aborted || withdrawn?.aborted === true

function abortWith(call: UpstreamCall, over: AbortController): void {
  const leave = (): void => over.abort()
  call.signal.addEventListener('abort', leave)
  call.withdrawn?.addEventListener('abort', leave)
  if (isLeft(call)) leave()
}

/** Undefined where it cannot be had now: then the provider's no stands. */
async function renewed(credentials: Secrets, credential: CredentialReference): Promise<string | undefined> {
  try {
    return await credentials.refresh(credential)
  } catch (error) {
    if (error instanceof Refusal && error.reason === 'provider_unreachable') return undefined
    throw error
  }
}

/** Made for each sending, the one after a rotated secret included: a token is made for each. */
const leaving = (call: UpstreamCall, secret: string | undefined, signal: AbortSignal): Sent => ({
  method: call.method,
  path: call.path,
  headers: headersOf(call, secret),
  body: call.body,
  signal,
})

function headersOf(call: UpstreamCall, secret: string | undefined): Record<string, string> {
  const { provider, method, body } = call
  const headers: Record<string, string> = { ...call.headers }
  if (body) headers['content-type'] = 'application/json'
  headers['accept'] = call.streaming ? 'text/event-stream' : 'application/json'
  // Asked for plain: a compressed answer could not be read within a bound, nor edited in place.
  headers['accept-encoding'] = 'identity'
  headers['user-agent'] = 'sallyport'
  const identity = call.identity?.()
  if (identity !== undefined) headers['x-sallyport-identity'] = identity
  const request = { method, url: provider.url + call.path, headers, body }
  return Object.assign(headers, authorizationOf(request, provider, secret))
}

/** Longer ones are read in pieces, each within the provider's own idle time. */
const SHORT = 256 * 1024

async function begunAnswer({ status, headers, body }: Response): Promise<UpstreamAnswer> {
  return { status, headers, body: body ? await begun(body) : undefined }
}

const answerOf = (response: Response, bound: Bound): UpstreamAnswer => ({
  status: response.status,
  headers: response.headers,
  // Asked for only where it is read: a stream that nobody reads is made for nothing.
  get body() {
    return response.body ?? undefined
  },
  whole: isShort(response.headers) ? wholeOf(response, bound) : undefined,
})

function isShort(headers: Headers): boolean {
  // A length beside a transfer coding says nothing (RFC 9112 section 6.3): what comes in chunks is counted while it is read.
  const length = headers.has('transfer-encoding') ? null : headers.get('content-length')
  return length !== null && /^\d{1,9}$/.test(length) && Number(length) <= SHORT
}

function wholeOf(response: Response, bound: Bound): NonNullable<UpstreamAnswer['whole']> {
  return async (ms, late) => {
    const timer = setTimeout(expire, ms, bound)
    try {
      return await response.bytes()
    } catch (error) {
      throw bound.late ? late() : error
    } finally {
      clearTimeout(timer)
    }
  }
}

/** Of the handshake and before it: not a byte of the request was sent. */
const NEVER_CONNECTED: ReadonlySet<string> = new Set([
  'ConnectionRefused',
  'FailedToOpenSocket',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_CHAIN_TOO_LONG',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

function refusalOf(error: unknown, late: boolean): Refusal {
  if (error instanceof Refusal) return error
  if (late) return new Refusal('provider_timeout', { message: 'The provider did not begin to answer in time.' })
  if (NEVER_CONNECTED.has(failureCode(error))) return unreachable(error)
  return new Refusal('provider_failed', { message: 'The connection to the provider failed.', cause: error })
}

const QUIET_MS = 10_000
const MOST_LINES = 256

/** What the dialer says is its own words; of what else failed, the message may quote a path of the caller's. */
function wordsFor(call: UpstreamCall, { reason, cause }: Refusal, dialled: boolean): string | undefined {
  if (!(cause instanceof Error)) return undefined
  const { credential } = call.provider
  if (cause instanceof MissingSecret && credential) return missingLine(credential, cause)
  return `${reason}: ${dialled ? failureCode(cause) : cause.message}`
}

/** The same line at most every 10 s: callers decide how often something fails. */
function atIntervals(log: (line: string) => void, now: () => number): (line: string) => void {
  const told = new Map<string, number>()
  return (line) => {
    const before = told.get(line)
    if (before !== undefined && Math.abs(now() - before) < QUIET_MS) return
    if (told.size >= MOST_LINES) told.clear()
    told.set(line, now())
    log(`provider ${line}`)
  }
}
