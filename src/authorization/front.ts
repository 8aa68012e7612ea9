// What stands before the library, for every request: who it came from, the documents that are ours, the pages that are plugged in, and
// around the endpoints for tokens what the library cannot do. What went wrong there is recorded before it is answered.
import type { Middleware, ParameterizedContext } from 'koa'
import { METADATA_PATHS, methodsAt, ROUTES } from '#access/authorization-path.ts'
import { arrivalOf } from './arrival.ts'
import { makeEndpoint } from './endpoint.ts'
import type { FrontParts } from './front-parts.ts'
import { metadataOf } from './metadata.ts'
import { describable } from './oauth-refusal.ts'
import { refuse } from './page-refusal.ts'
import type { AuthorizationParts } from './parts.ts'

const METADATA: ReadonlySet<string> = new Set(METADATA_PATHS)
const CACHED = 'public, max-age=300'

export function makeFront(front: FrontParts): Middleware {
  const { parts, active, plugs, provider, served, configuration } = front
  const { config } = active
  const metadata = metadataOf({ origin: config.public, grants: served, features: configuration.features ?? {} })
  const endpoint = makeEndpoint(front)

  function document(page: ParameterizedContext): boolean {
    if (page.method !== 'GET' && page.method !== 'HEAD') return false
    const isKeys = page.path === ROUTES.jwks
    if (!isKeys && !METADATA.has(page.path)) return false
    page.body = isKeys ? keysOf(parts) : metadata
    page.set('cache-control', CACHED)
    return true
  }

  async function answer(page: ParameterizedContext, next: () => Promise<unknown>): Promise<void> {
    if (document(page) || (await endpoint(page, next))) return
    if (page.path === ROUTES.authorization) answerByQuery(page)
    for (const plug of plugs) if (await plug.answer?.(page, provider)) return
    await next()
  }

  return async (page, next) => {
    page.set('cache-control', 'no-store')
    try {
      setAddress(page, config.public)
      if (isServed(page)) await answer(page, next)
      // What the bundle in force has nothing for: the library answers with no body.
      if (page.status === 404 && page.body === undefined) sayNothingHere(page)
    } catch (error) {
      refuse(page, error, parts)
    }
    const { body } = page
    if (isError(body)) page.body = { ...body, error_description: describable(body.error_description) }
  }
}

/**
 * The library folds case and takes a slash at the end: whatever comes in another spelling would pass by all that stands before it. So
 * nothing that is not on the list, letter by letter, goes on.
 */
function isServed(page: ParameterizedContext): boolean {
  const methods = methodsAt(page.path)
  if (!methods) {
    sayNothingHere(page)
    return false
  }
  if (methods.includes(page.method === 'HEAD' ? 'GET' : page.method)) return true
  page.status = 405
  page.set('allow', methods.join(', '))
  page.body = { error: 'invalid_request', error_description: `only ${methods.join(' and ')} is served here` }
  return false
}

function sayNothingHere(page: ParameterizedContext): void {
  page.status = 404
  page.body = { error: 'invalid_request', error_description: 'nothing is served here' }
}

/**
 * The library answers `form_post` with a page and a script of its own, under no policy. A mode that it does not have it refuses at the
 * client, in a query: so that is what it hears of any other.
 */
function answerByQuery(page: ParameterizedContext): void {
  const { response_mode: mode } = page.query
  if (mode !== undefined && mode !== 'query') page.query = { ...page.query, response_mode: 'none' }
}

/** Public halves alone, each member by name (RFC 8037 section 2). */
const keysOf = ({ ring }: AuthorizationParts): object => ({
  keys: ring.published().map(({ kid, x }) => ({ kty: 'OKP', crv: 'Ed25519', x, kid, use: 'sig', alg: 'EdDSA' })),
})

/** The library makes addresses from these headers: they say what the bundle says, whatever arrived in them. */
function setAddress({ req }: ParameterizedContext, origin: string): void {
  const { host, protocol } = new URL(origin)
  const { source } = arrivalOf(req.headers)
  for (const name of Object.keys(req.headers)) if (/^(?:x-)?forwarded/.test(name)) delete req.headers[name]
  req.headers.host = host
  req.headers['x-forwarded-proto'] = protocol.slice(0, -1)
  req.headers['x-forwarded-for'] = source
}

function isError(body: unknown): body is { readonly error: string; readonly error_description: string } {
  return (
    typeof body === 'object' &&
    body !== null &&
    'error' in body &&
    'error_description' in body &&
    typeof body.error_description === 'string'
  )
}
