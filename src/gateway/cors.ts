// Pages in browsers (the Fetch standard, "HTTP extensions"): nothing is said to any unless the bundle lists its origin.
// Never `*`, and never credentials of the browser's own: a page sends the caller's token itself, or nothing.
import type { Config } from '#policy/bundle/config.ts'

type Rules = Pick<Config, 'listen' | 'claimed'>

/** Marks an answer, refusals included, for whatever page may read it. */
export function markForPages(response: Response, request: Request, { listen }: Rules): void {
  if (listen.cors.length === 0) return
  const { headers } = response
  // Also where the origin is not listed: a cache would give the answer to pages of others.
  headers.append('vary', 'Origin')
  const origin = listedOrigin(request, listen.cors)
  if (origin === undefined) return
  headers.set('access-control-allow-origin', origin)
  const own = [...headers.keys()].filter((name) => name.startsWith('x-sallyport-') || PROOFS.has(name))
  headers.set('access-control-expose-headers', [...own, 'x-request-id', 'retry-after'].join(', '))
}

/** By which a page learns how to prove itself. */
const PROOFS: ReadonlySet<string> = new Set(['dpop-nonce', 'www-authenticate'])

/**
 * The answer to what a browser asks before it sends a request of a page. Undefined where it is no such question, or a
 * page's that is not listed. `methodFor` is the method of the route that a request of this method would take.
 */
export function preflight(
  request: Request,
  rules: Rules,
  methodFor: (method: string) => string | undefined,
): Response | undefined {
  if (request.method !== 'OPTIONS' || listedOrigin(request, rules.listen.cors) === undefined) return undefined
  const asked = request.headers.get('access-control-request-method')
  const method = asked === null ? undefined : methodFor(asked)
  if (method === undefined) return undefined
  const wanted = namesOf(request.headers.get('access-control-request-headers') ?? '')
  const allowed = wanted.filter((name) => isKnown(name) || rules.claimed.headers.includes(name))
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-methods': method,
      ...(allowed.length === 0 ? {} : { 'access-control-allow-headers': allowed.join(', ') }),
      'access-control-max-age': '600',
    },
  })
}

/** Compared character by character: what a browser sends is canonical (RFC 6454 §6.2), and `null` is nobody. */
function listedOrigin({ headers }: Request, origins: readonly string[]): string | undefined {
  const origin = headers.get('origin')
  return origins.find((listed) => listed === origin)
}

const MOST_NAMES = 64

const namesOf = (list: string): readonly string[] =>
  list
    .split(',', MOST_NAMES)
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')

const KNOWN: ReadonlySet<string> = new Set([
  'accept',
  'authorization',
  'content-type',
  'dpop',
  'idempotency-key',
  'user-agent',
  'x-api-key',
  'x-sallyport-user-token',
])

/** What the official clients send, in their families. */
const FAMILY = /^(?:anthropic|openai|x-stainless)-[a-z0-9-]{1,64}$/

const isKnown = (name: string): boolean => KNOWN.has(name) || FAMILY.test(name)
