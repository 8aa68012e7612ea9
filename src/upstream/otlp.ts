// Sends to an OpenTelemetry collector (OTLP 1.x over HTTP, in JSON). One call is one request: it says what became of it, and who calls
// decides when to try again, so that a collector that is slow or away holds up nothing but its own stream.
import type { CredentialReference } from '#access/provider.ts'
import { collect } from '#lib/collect.ts'
import { type JsonNode, member, textOf } from '#lib/json-node.ts'
import { readJson } from '#lib/json.ts'
import type { Dialer } from './dial.ts'
import type { Whereto } from './dial-way.ts'
import type { Secrets } from './http.ts'
import { whyNot } from './otlp-why.ts'

export interface OtlpPlace {
  readonly name: string
  /** Of its HTTP receiver, without `/v1/…`. */
  readonly url: string
  readonly private: boolean
  /** The value of the `authorization` header. */
  readonly authorization?: CredentialReference
}

export type OtlpAnswer =
  /** It has it. `rejected` records of it were not taken, and never will be: they MUST NOT be sent again. */
  | { readonly kind: 'accepted'; readonly rejected: number }
  /** It will never take this. */
  | { readonly kind: 'refused'; readonly why: string }
  /** Less of it at a time. */
  | { readonly kind: 'too-large' }
  /** Not now. `after` is when it asks to be tried again, in milliseconds. It may have taken some of it, or all. */
  | { readonly kind: 'later'; readonly why: string; readonly after?: number }

/** Never rejects; `why` quotes nothing that a collector, a secret or a file said. */
export type OtlpSend = (
  signal: 'logs' | 'traces',
  body: Uint8Array<ArrayBuffer>,
  stop: AbortSignal,
) => Promise<OtlpAnswer>

export interface OtlpOptions {
  readonly dialer: Dialer
  readonly credentials: Secrets
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Milliseconds for one request, its answer included; 10 s unless given. */
  readonly limit?: number
}

const CONNECT_MS = 5_000
const MOST_MS = 10_000
/** An answer says how many records were not taken, and hardly more. */
const MOST_BYTES = 64 * 1024

export function otlpSender(place: OtlpPlace, { dialer, credentials, now, limit = MOST_MS }: OtlpOptions): OtlpSend {
  const { name, url, authorization } = place
  const to: Whereto = { name, url, private: place.private, timeouts: { connect: Math.min(CONNECT_MS, limit) } }

  const post = async (path: string, body: Uint8Array, signal: AbortSignal): Promise<Response> => {
    const route = await dialer.route(to, signal)
    const send = (secret?: string): Promise<Response> =>
      dialer.send(route, {
        method: 'POST',
        path,
        headers: {
          accept: 'application/json',
          'accept-encoding': 'identity',
          'content-type': 'application/json',
          'user-agent': 'sallyport',
          ...(secret !== undefined && { authorization: secret }),
        },
        body,
        signal,
      })
    if (!authorization) return send()
    const secret = await credentials.read(authorization)
    const response = await send(secret)
    if (response.status !== 401) return response
    // It may have been rotated a moment ago.
    const fresh = await credentials.refresh(authorization)
    if (fresh === secret) return response
    await response.body?.cancel()
    return send(fresh)
  }

  return async (signal, body, stop) => {
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), limit)
    try {
      const response = await post(`/v1/${signal}`, body, AbortSignal.any([stop, late.signal]))
      return await readAnswer(response, now(), limit)
    } catch (error) {
      return { kind: 'later', why: late.signal.aborted ? `no answer within ${limit / 1_000} s` : whyNot(error) }
    } finally {
      clearTimeout(timer)
    }
  }
}

/** OTLP 1.x, "Retryable Response Codes". */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504])
/**
 * They say nothing of the records, but of how the collector is reached: a credential, a path, a proxy in between. The operator puts
 * it right, and until then the records wait in the log.
 */
const MISPLACED: ReadonlySet<number> = new Set([401, 403, 404, 405, 407])

async function readAnswer(response: Response, now: number, limit: number): Promise<OtlpAnswer> {
  const { status, headers, body } = response
  if (status >= 200 && status < 300) return accepted(body, limit)
  void body?.cancel().catch(() => undefined)
  if (status === 413) return { kind: 'too-large' }
  if (RETRYABLE.has(status)) {
    const after = retryAfter(headers.get('retry-after'), now)
    return { kind: 'later', why: `it answered ${status}`, ...(after !== undefined && { after }) }
  }
  if (MISPLACED.has(status)) return { kind: 'later', why: `it answered ${status}` }
  if (status >= 300 && status < 400) return { kind: 'later', why: `it redirects (${status}), which is not followed` }
  return { kind: 'refused', why: `it answered ${status}` }
}

async function accepted(body: Response['body'], limit: number): Promise<OtlpAnswer> {
  if (!body) return { kind: 'accepted', rejected: 0 }
  let bytes: Uint8Array
  try {
    bytes = await collect(body, { bytes: MOST_BYTES, idle: limit, total: limit })
  } catch {
    // It has the records: sent again they would stand there twice.
    return { kind: 'accepted', rejected: 0 }
  }
  return { kind: 'accepted', rejected: rejectedOf(bytes) }
}

/** `partialSuccess`: a 64-bit integer, as text or number. */
function rejectedOf(bytes: Uint8Array): number {
  const partial = member(parsed(bytes), 'partialSuccess')
  const found = member(partial, 'rejectedLogRecords') ?? member(partial, 'rejectedSpans')
  const isCount = found?.kind === 'string' || found?.kind === 'number'
  const count = isCount ? Number(textOf(found)) : 0
  return Number.isSafeInteger(count) && count > 0 ? count : 0
}

function parsed(bytes: Uint8Array): JsonNode | undefined {
  try {
    return readJson(bytes)
  } catch {
    return undefined
  }
}

/** RFC 9110 §10.2.3: seconds, or a date. */
function retryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}
