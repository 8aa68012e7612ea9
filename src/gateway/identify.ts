// Who is calling, for whom? A wrong proof ends here, whatever else the request carries: falling through to a weaker
// proof would let a caller choose how they are checked.
import type { Principal } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'
import { identify as identifyBy } from '#identity/identify.ts'
import { presented } from '#identity/presented.ts'
import { type Exchange, timed } from './exchange.ts'
import type { Gate } from './gate.ts'
import { NOTHING_HERE } from './not-served.ts'
import { pathOf } from './request-path.ts'
import type { Route } from './routes.ts'

export async function identify(exchange: Exchange, _gate: Gate): Promise<Principal> {
  if (exchange.refused) throw exchange.refused
  refuseDoubled(exchange.request.headers)
  refuseWrongRoute(exchange)
  return timed(exchange, 'identify', () => prove(exchange))
}

async function prove(exchange: Exchange, again?: true): Promise<Principal> {
  const { active, request, source, account } = exchange
  const url = `${active.bundle.config.public}${pathOf(request.url).split('?', 1)[0]}`
  const shown = { source, request: { method: request.method, url }, ...(again && { again }) }
  const principal = await identifyBy(active.authenticators, presented(request.headers, shown))
  account.principal = principal
  return principal
}

/** Milliseconds. */
const MOMENT_MS = 250

/**
 * The same exchange and caller as of now. A body may take minutes to arrive, at the caller's will: a request held open
 * would otherwise outlive its token, its teams and the bundle that let it begin.
 */
export async function identifyAgain(
  exchange: Exchange,
  before: Principal,
): Promise<{ exchange: Exchange; principal: Principal }> {
  const now = exchange.current()
  // Nothing was held open: what was proven a moment ago by the same bundle is proven.
  if (now.active === exchange.active && now.now - exchange.now < MOMENT_MS && now.now >= exchange.now) {
    return { exchange, principal: before }
  }
  // What the wire said is read anew, too: another bundle may trust another proxy.
  const { via: _via, certificate: _certificate, refused: _refused, ...arrived } = exchange
  const renewed: Exchange = { ...arrived, ...now }
  renewed.account.from = renewed
  renewed.account.bundle = renewed.active.bundle.hash
  if (renewed.refused) throw renewed.refused
  return { exchange: renewed, principal: await prove(renewed, true) }
}

/**
 * Bun joins doubled headers with a comma. Two lengths or two hosts are how a request is made to look different to a proxy
 * in front (RFC 9112 §§3.2, 6.3); unequal lengths, and a length beside chunks, Bun refuses by itself.
 */
function refuseDoubled(headers: Headers): void {
  for (const name of ['content-length', 'host']) {
    if (headers.get(name)?.includes(',') !== true) continue
    throw new Refusal('malformed_request', { message: `The ${name} header may be sent only once.`, field: name })
  }
}

function refuseWrongRoute({ route, request, query }: Exchange): void {
  if (request.headers.has('upgrade')) {
    throw new Refusal('not_served', {
      message: 'WebSockets and other upgrades of the connection are not served here. Use plain HTTP, with `stream`.',
      field: 'upgrade',
    })
  }
  if (route.kind === 'unknown') {
    if (route.told !== undefined) throw new Refusal('not_served', { message: route.told })
    throw new Refusal('not_found', { message: NOTHING_HERE })
  }
  if (request.method !== route.method) {
    throw new Refusal('method_not_allowed', { message: `Use ${route.method} for ${route.name}.` })
  }
  if (query !== '' && !takesQuery(route, query)) {
    throw new Refusal('invalid_field', {
      message: `${route.name} takes no query parameters; leave them out.`,
      field: 'query',
    })
  }
}

/** Parameters are read where they mean something. Anthropic's client marks requests of its beta interface by one, which says no more than its header. */
function takesQuery(route: Route, query: string): boolean {
  if (route.kind === 'stored') return true
  if (route.kind === 'models') return route.shape === 'anthropic'
  return route.kind === 'send' && route.protocol.name.startsWith('anthropic') && query === 'beta=true'
}
