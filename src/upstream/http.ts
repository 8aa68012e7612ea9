// The way out over HTTP. Headers are an allow-list of our own making: nothing of the caller's request leaves but its body
// and what its protocol lets through.
import type { CredentialReference } from '#access/provider.ts'
import { Refusal } from '#access/refusal.ts'
import { authorizationOf } from './authorization.ts'
import { type Dialer, unreachable } from './dial.ts'
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
      // One signal of its own, which whoever may end it aborts: combining signals costs as much as everything else here.
      const over = new AbortController()
      const { signal } = over
      const leave = (): void => over.abort()
      call.signal.addEventListener('abort', leave)
      if (call.signal.aborted) leave()
      let late = false
      const timer = setTimeout(() => {
        late = true
        over.abort()
      }, call.provider.timeouts.firstByte)
      let route: Route | undefined
      try {
        route = await dialer.route(call.provider, signal)
        return await answerOf(await ask(call, { credentials, dialer, route, signal }), call, leave)
      } catch (error) {
        const refusal = refusalOf(error, late && !call.signal.aborted)
        const words = wordsFor(call, refusal, route !== undefined)
        if (words !== undefined && !call.signal.aborted) complain(`${call.provider.name}: ${words}`)
        throw refusal
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

interface Asking {
  readonly credentials: Secrets
  readonly dialer: Dialer
  readonly route: Route
  readonly signal: AbortSignal
}

async function ask(call: UpstreamCall, { credentials, dialer, route, signal }: Asking): Promise<Response> {
  const { credential } = call.provider
  const send = (secret?: string): Promise<Response> =>
    dialer.send(route, { ...call, headers: headersOf(call, secret), signal })
  if (!credential) return send()
  const secret = await credentials.read(credential)
  const response = await send(secret)
  if (response.status !== 401) return response
  // A secret that was rotated a moment ago: a request that was not admitted did nothing, and may be made again.
  const fresh = await renewed(credentials, credential)
  if (fresh === undefined || fresh === secret) return response
  await response.body?.cancel()
  return send(fresh)
}

function identityOf({ identity }: UpstreamCall): Record<string, string> {
  const token = identity?.()
  return token === undefined ? {} : { 'x-sallyport-identity': token }
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

/** Called for each sending, the one after a rotated secret included: a token is made for each. */
function headersOf(call: UpstreamCall, secret: string | undefined): Record<string, string> {
  const headers: Record<string, string> = {
    ...call.headers,
    ...(call.body && { 'content-type': 'application/json' }),
    accept: call.streaming ? 'text/event-stream' : 'application/json',
    // Asked for plain: a compressed answer could not be read within a bound, nor edited in place.
    'accept-encoding': 'identity',
    'user-agent': 'sallyport',
    ...identityOf(call),
  }
  const { provider, method, body } = call
  const leaving = { method, url: provider.url + call.path, headers, body }
  return { ...headers, ...authorizationOf(leaving, provider, secret) }
}

/** Longer ones are read in pieces, each within the provider's own idle time. */
const SHORT = 256 * 1024

async function answerOf(response: Response, call: UpstreamCall, giveUp: () => void): Promise<UpstreamAnswer> {
  const { status, headers } = response
  if (call.firstByteCounts && response.ok) {
    return { status, headers, body: response.body ? await begun(response.body) : undefined }
  }
  // A length beside a transfer coding says nothing (RFC 9112 section 6.3): what comes in chunks is counted while it is read.
  const length = headers.has('transfer-encoding') ? null : headers.get('content-length')
  const short = length !== null && /^\d{1,9}$/.test(length) && Number(length) <= SHORT
  const answer = {
    status,
    headers,
    // Asked for only where it is read: a stream that nobody reads is made for nothing.
    get body() {
      return response.body ?? undefined
    },
  }
  return short ? Object.assign(answer, { whole: wholeOf(response, giveUp) }) : answer
}

function wholeOf(response: Response, giveUp: () => void): NonNullable<UpstreamAnswer['whole']> {
  return async (ms, late) => {
    let expired = false
    const timer = setTimeout(() => {
      expired = true
      giveUp()
    }, ms)
    try {
      return await response.bytes()
    } catch (error) {
      throw expired ? late() : error
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
