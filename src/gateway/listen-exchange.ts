// From what arrives at the door to what leaves by it: an exchange is begun, served and stamped. What is public is made
// from the bundle's `public:`; nothing here reads the Host header.
import { together } from '#lib/together.ts'
import { ulid } from '#lib/ulid.ts'
import { readTrace } from '#telemetry/trace-context.ts'
import { bringsBody } from './body.ts'
import { passAuthorization } from './authorization-pass.ts'
import { offerNonce } from './challenge.ts'
import { markForPages, preflight } from './cors.ts'
import type { Active, Exchange } from './exchange.ts'
import type { Gate } from './gate.ts'
import { pathOf, queryOf, withoutQuery } from './request-path.ts'
import { routeOf, unknownRoute } from './routes.ts'
import { serve } from './serve.ts'
import { sessionOf } from './session.ts'
import { callerUnder, type CallerOf } from './source.ts'

export interface Arrival {
  readonly request: Request
  /** The address at the other end of the connection; undefined where that is gone already. */
  readonly peer: string | undefined
  /** Whether the server matched the path as it was sent: otherwise what we see of it may be another than was meant. */
  readonly known: boolean
  /** How many seconds the connection may now be idle; 0 for ever. */
  readonly patience: (seconds: number) => void
}

export interface Reception {
  /** As an exchange. */
  answer(arrival: Arrival): Promise<Response>
  /** What is no exchange and needs no proof. */
  tell(request: Request, response: Response, patience: Arrival['patience']): Response
  /** What the authorization server answers; no exchange of this log, and its own to prove. */
  pass(arrival: Omit<Arrival, 'known'>): Promise<Response>
  /** Answers that stream just now. */
  streams(): number
}

interface Door {
  /** By TLS. */
  readonly secure: boolean
  /** Whether callers are to come back by another connection. */
  readonly isLeft?: () => boolean
}

export function receive(gate: Gate, { secure, isLeft }: Door): Reception {
  const callers = new WeakMap<Active['bundle'], CallerOf>()
  const callerOf = ({ bundle }: Active): CallerOf => {
    let known = callers.get(bundle)
    if (!known) callers.set(bundle, (known = callerUnder(bundle.config.listen.proxy)))
    return known
  }
  const stamped = (response: Response, request: Request, active: Active, id: string): Response => {
    stamp(response, id)
    if (secure) response.headers.set('strict-transport-security', 'max-age=31536000')
    offerNonce(response, request, gate)
    markForPages(response, request, active.bundle.config)
    if (isLeft?.() === true) response.headers.set('connection', 'close')
    return response
  }
  /** The same for every exchange. */
  const parts = {
    activeNow: () => gate.active(),
    clock: gate.clock,
    callerOf,
    sessionOf: sessionOf(gate),
    findExchange: gate.findExchange,
    madeBy: (provider: string, made: string) => gate.providerIds.find(provider, made),
    limits: gate.limits,
  }
  let streams = 0
  const underWay = (patience: Arrival['patience']): (() => void) => {
    streams++
    let counted = true
    // An outcome that could not be written is tried again.
    return () => {
      if (counted) streams--
      counted = false
      patience(IDLE_SECONDS)
    }
  }
  return {
    streams: () => streams,
    async answer({ request, peer, known, patience }) {
      const now = gate.clock.now()
      const began = performance.now()
      // Asked for at once: of a caller who has hung up by then, it would say nothing.
      const hungUp = request.signal
      await together()
      const active = gate.active()
      const id = ulid(now, gate.random)
      const asSent = pathOf(request.url)
      const path = withoutQuery(asSent)
      const { headers } = request
      const anthropic = headers.has('anthropic-version')
      const asked = known && request.method === 'OPTIONS' ? answerPage(request, path, active) : undefined
      if (asked) {
        patience(IDLE_SECONDS)
        return stamped(brief(asked, request), request, active, id)
      }
      const { source, via, certificate, refused } = callerOf(active)({ peer, headers, now })
      const exchange: Exchange = {
        id,
        trace: readTrace(headers.get('traceparent'), gate.random),
        route: known ? routeOf({ path, method: request.method, anthropic }) : unknownRoute(path, anthropic),
        query: queryOf(asSent),
        request,
        source,
        via,
        certificate,
        refused,
        peer,
        now,
        active,
        activeNow: parts.activeNow,
        clock: parts.clock,
        callerOf: parts.callerOf,
        sessionOf: parts.sessionOf,
        findExchange: parts.findExchange,
        madeBy: parts.madeBy,
        limits: parts.limits,
        hungUp,
        account: {
          began,
          bundle: active.bundle.hash,
          decided: false,
          closed: false,
          attempts: [],
          checks: [],
        },
      }
      patience(0)
      const response = await serve(exchange, gate)
      // A stream has a watchdog of its own, until it ends; a whole answer that nobody fetches would lie in memory for ever.
      if (!isStream(response) || exchange.account.closed) patience(IDLE_SECONDS)
      else exchange.account.rest = underWay(patience)
      return stamped(request.body === null ? brief(response, request) : response, request, active, id)
    },
    tell: (request, response, patience) => {
      patience(IDLE_SECONDS)
      return stamped(brief(response, request), request, gate.active(), ulid(gate.clock.now(), gate.random))
    },
    async pass({ request, peer, patience }) {
      patience(0)
      const active = gate.active()
      const now = gate.clock.now()
      const exchange = ulid(now, gate.random)
      const caller = callerOf(active)({ peer, headers: request.headers, now })
      const passed = { request, path: pathOf(request.url), exchange, caller }
      const response = await passAuthorization(passed, gate.authorization)
      patience(IDLE_SECONDS)
      return stamped(response, request, active, exchange)
    },
  }
}

/** A body that nobody asked for is not listened to: kept open, the connection would go on swallowing it. */
function brief(response: Response, request: Request): Response {
  if (bringsBody(request)) response.headers.set('connection', 'close')
  return response
}

/** The most that Bun takes: for an answer that is not fetched, and for a connection on which no next request comes. */
const IDLE_SECONDS = 255

const isStream = ({ headers }: Response): boolean =>
  headers.get('content-type')?.startsWith('text/event-stream') === true

const answerPage = (request: Request, path: string, { bundle }: Active): Response | undefined =>
  preflight(request, bundle.config, (method) => methodAt(path, method))

function methodAt(path: string, method: string): string | undefined {
  const route = routeOf({ path, method, anthropic: false })
  return route.kind === 'unknown' ? undefined : route.method
}

function stamp({ headers }: Response, id: string): void {
  headers.set('x-sallyport-exchange', id)
  if (!headers.has('x-request-id')) headers.set('x-request-id', id)
  headers.set('x-content-type-options', 'nosniff')
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store')
}
