// Who is calling, for whom? A wrong proof ends here, whatever else the request carries: falling through to a weaker
// proof would let a caller choose how they are checked.
import type { Check } from '#access/finding.ts'
import type { Principal } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'
import { identify as identifyBy } from '#identity/identify.ts'
import { presented } from '#identity/presented.ts'
import { type Active, type Exchange, note } from './exchange.ts'
import type { Gate } from './gate.ts'
import { NOTHING_HERE } from './not-served.ts'
import { pathOf, withoutQuery } from './request-path.ts'
import type { Route } from './routes.ts'

export async function identify(exchange: Exchange, _gate: Gate): Promise<Principal> {
  if (exchange.refused) throw exchange.refused
  refuseDoubled(exchange.request.headers)
  refuseWrongRoute(exchange)
  const began = performance.now()
  let verdict: Check['verdict'] = 'fail'
  try {
    const principal = await prove(exchange)
    exchange.account.principal = principal
    verdict = 'pass'
    return principal
  } finally {
    note(exchange, 'identify', verdict, began)
  }
}

function prove({ active, request, source }: Exchange, again?: true): Promise<Principal> {
  const url = active.bundle.config.public + withoutQuery(pathOf(request.url))
  const asked = { method: request.method, url }
  const shown = again ? { source, request: asked, again } : { source, request: asked }
  return identifyBy(active.authenticators, presented(request.headers, shown))
}

/** Milliseconds. */
const MOMENT_MS = 250

interface Identified {
  readonly exchange: Exchange
  readonly principal: Principal
}

/**
 * The same exchange and caller as of now. A body may take minutes to arrive, at the caller's will: a request held open
 * would otherwise outlive its token, its teams and the bundle that let it begin.
 */
export function identifyAgain(exchange: Exchange, before: Principal): Identified | Promise<Identified> {
  const active = exchange.activeNow()
  const now = exchange.clock.now()
  // Nothing was held open: what was proven a moment ago by the same bundle is proven.
  const isMoment = now - exchange.now < MOMENT_MS && now >= exchange.now
  if (active === exchange.active && isMoment) return { exchange, principal: before }
  return identifyAt(exchange, active, now)
}

/** What the wire said is read anew, too: another bundle may trust another proxy. */
async function identifyAt(exchange: Exchange, active: Active, now: number): Promise<Identified> {
  const { via: _via, certificate: _certificate, refused: _refused, ...arrived } = exchange
  const caller = exchange.callerOf(active)({ peer: exchange.peer, headers: exchange.request.headers, now })
  const renewed: Exchange = { ...arrived, active, now, ...caller }
  renewed.account.from = renewed
  renewed.account.bundle = renewed.active.bundle.hash
  if (renewed.refused) throw renewed.refused
  const principal = await prove(renewed, true)
  renewed.account.principal = principal
  return { exchange: renewed, principal }
}

/**
 * Bun joins doubled headers with a comma. Two lengths or two hosts are how a request is made to look different to a proxy
 * in front (RFC 9112 §§3.2, 6.3); unequal lengths, and a length beside chunks, Bun refuses by itself.
 */
function refuseDoubled(headers: Headers): void {
  for (const name of SENT_ONCE) {
    if (headers.get(name)?.includes(',') !== true) continue
    throw new Refusal('malformed_request', { message: `The ${name} header may be sent only once.`, field: name })
  }
}

const SENT_ONCE = ['content-length', 'host'] as const

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
