// The way out to an organisation's OIDC provider while somebody logs in: its metadata, its keys, and the exchange of a code.
// Dialled as the addresses of issuers are: they stand in the bundle, so private networks are meant; what it answers is bounded.
import type { Dialer } from '#upstream/dial.ts'
import { issuerAt } from '#upstream/fetch-json.ts'

const MOST_BYTES = 1024 * 1024
const WITHIN_MS = 10_000

/** As much of `fetch` as the OAuth client asks for. */
export interface LoginRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly signal?: AbortSignal | undefined
}

export type LoginFetch = (url: string, request: LoginRequest) => Promise<Response>

/** Follows no redirect. Rejects with a Refusal where the address may not be dialled, and as `fetch` does. */
export function makeLoginFetch(dialer: Dialer): LoginFetch {
  return async (url, { method, headers, body, signal }) => {
    const { pathname, search } = new URL(url)
    const late = AbortSignal.timeout(WITHIN_MS)
    const either = signal ? AbortSignal.any([signal, late]) : late
    const route = await dialer.route(issuerAt(url), either)
    const answer = await dialer.send(route, {
      method,
      path: pathname + search,
      headers: { ...headers, 'accept-encoding': 'identity', 'user-agent': 'sallyport' },
      body: bytesOf(body),
      signal: either,
    })
    return bounded(answer)
  }
}

function bytesOf(body: unknown): Uint8Array | undefined {
  if (body === undefined || body === null) return undefined
  if (typeof body === 'string' || body instanceof URLSearchParams) return new TextEncoder().encode(String(body))
  if (body instanceof Uint8Array) return body
  throw new Error('a body of a kind that logins do not send')
}

/** The whole answer, read: a provider that floods costs a login, never this process. */
export async function bounded(answer: Response, most = MOST_BYTES): Promise<Response> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of answer.body ?? []) {
    size += chunk.byteLength
    // Leaving the loop cancels the stream.
    if (size > most) throw new Error(`the answer has more than ${most} bytes`)
    chunks.push(chunk)
  }
  const { status, headers } = answer
  const empty = status === 204 || status === 304
  return new Response(empty ? null : Buffer.concat(chunks, size), { status, headers })
}
