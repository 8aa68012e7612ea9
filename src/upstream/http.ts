// The way out over HTTP. Headers are an allow-list of our own making: nothing of the caller's request leaves but its body
// and what its protocol lets through.
import { Refusal } from '#access/refusal.ts'
import type { Credentials } from './credential.ts'
import type { Upstream, UpstreamAnswer, UpstreamCall } from './upstream.ts'

export function httpUpstream(credentials: Credentials): Upstream {
  return {
    async send(call) {
      const headers = await headersOf(call, credentials)
      const late = new AbortController()
      const timer = setTimeout(() => late.abort(), call.provider.timeouts.firstByte)
      try {
        return await dial(call, headers, AbortSignal.any([call.signal, late.signal]))
      } catch (error) {
        throw failed(error, late.signal.aborted && !call.signal.aborted)
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

async function headersOf(call: UpstreamCall, credentials: Credentials): Promise<Headers> {
  const headers = new Headers({
    ...call.headers,
    ...(call.body ? { 'content-type': 'application/json' } : {}),
    accept: call.streaming ? 'text/event-stream' : 'application/json',
    // Asked for plain: a compressed answer could not be read within a bound, nor edited in place.
    'accept-encoding': 'identity',
    'user-agent': 'sallyport',
  })
  const { credential, kind } = call.provider
  if (!credential) return headers
  const secret = await credentials.read(credential)
  if (kind === 'anthropic') headers.set('x-api-key', secret)
  else headers.set('authorization', `Bearer ${secret}`)
  return headers
}

async function dial(call: UpstreamCall, headers: Headers, signal: AbortSignal): Promise<UpstreamAnswer> {
  const response = await fetch(call.provider.url + call.path, {
    method: call.method,
    headers,
    ...(call.body ? { body: call.body as Uint8Array<ArrayBuffer> } : {}),
    signal,
    redirect: 'manual',
    decompress: false,
  })
  return { status: response.status, headers: response.headers, body: response.body ?? undefined }
}

const NEVER_CONNECTED = new Set([
  'ConnectionRefused',
  'FailedToOpenSocket',
  'ENOTFOUND',
  'ECONNREFUSED',
  'DNSResolutionFailed',
])

function failed(error: unknown, late: boolean): unknown {
  if (error instanceof Refusal) return error
  if (late) return new Refusal('provider_timeout', { message: 'The provider did not begin to answer in time.' })
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (NEVER_CONNECTED.has(code)) {
    return new Refusal('provider_unreachable', {
      message: 'The provider cannot be reached.',
      retryAfter: 5,
      cause: error,
    })
  }
  return new Refusal('provider_failed', { message: 'The connection to the provider failed.', cause: error })
}
