// The data plane's door. Bun's server resolves `..`, `%2e%2e` and backslashes before we see a path, but matches its own
// routes against the bytes that were sent. What it did not match is served nothing, wherever its path seems to lead.
import type { Server } from 'bun'
import { ulid } from '#lib/ulid.ts'
import type { Exchange } from './exchange.ts'
import type { Gate } from './gate.ts'
import { readiness } from './readiness.ts'
import { RAW_PATHS, routeOf, unknownRoute } from './routes.ts'
import { serve } from './serve.ts'

export interface Address {
  readonly host: string
  readonly port: number
  /** Several workers on one port. The caller MUST hold a lock on the port: a second program would join it unseen. */
  readonly shared: boolean
}

export interface Listening {
  readonly port: number
  /** Takes no new requests, lets those under way end for at most `ms`, then cuts them. */
  stop(ms: number): Promise<void>
}

/** Throws as a listener would (`EADDRINUSE`) when the port is taken: shared listeners would join another program's. */
export function assertPortFree(host: string, port: number): void {
  void Bun.serve({ hostname: host, port, reusePort: false, fetch: () => new Response(null) }).stop(true)
}

export function listen(address: Address, gate: Gate): Listening {
  const known = (request: Request, server: Server<undefined>): Promise<Response> =>
    answer({ request, server, known: true }, gate)
  const own = (path: '/healthz' | '/readyz') => () =>
    stamped(readiness(path, gate), ulid(gate.clock.now(), gate.random))
  const server = Bun.serve({
    hostname: address.host,
    port: address.port,
    reusePort: address.shared,
    // Both of these would answer for us, without a record: the bounds are ours, in body.ts and watch-stream.ts.
    idleTimeout: 0,
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    development: false,
    routes: {
      '/healthz': own('/healthz'),
      '/readyz': own('/readyz'),
      ...Object.fromEntries(RAW_PATHS.map((path) => [path, known])),
    },
    fetch: (request, server) => answer({ request, server, known: false }, gate),
    error(error) {
      gate.log('a request failed outside of serve', error)
      return new Response(null, { status: 500 })
    },
  })
  return {
    port: server.port ?? address.port,
    async stop(ms) {
      const stopped = server.stop(false)
      const deadline = Date.now() + ms
      while (server.pendingRequests > 0 && Date.now() < deadline) await Bun.sleep(20)
      await server.stop(true)
      await stopped.catch(() => undefined)
    },
  }
}

interface Arrival {
  readonly request: Request
  readonly server: Server<undefined>
  /** Whether Bun matched the path as it was sent: otherwise what we see of it may be another than was meant. */
  readonly known: boolean
}

async function answer({ request, server, known }: Arrival, gate: Gate): Promise<Response> {
  const now = gate.clock.now()
  const active = gate.active()
  const id = ulid(now, gate.random)
  const [path = '', query] = pathOf(request.url).split('?', 2)
  const exchange: Exchange = {
    id,
    route: known
      ? routeOf({ path, method: request.method, anthropic: isAnthropic(request) })
      : unknownRoute(path, isAnthropic(request)),
    query: query ?? '',
    request,
    source: sourceOf(server, request),
    now,
    active,
    current: () => ({ active: gate.active(), now: gate.clock.now() }),
    findExchange: gate.findExchange,
    madeBy: (provider, id) => gate.providerIds.find(provider, id),
    limits: gate.limits,
    hungUp: request.signal,
    account: { bundle: active.bundle.hash, decided: false, closed: false, attempts: [], checks: [] },
  }
  server.timeout(request, 0)
  const response = await serve(exchange, gate)
  // A stream has a watchdog of its own; a whole answer that nobody fetches would lie in memory for ever.
  if (!isStream(response)) server.timeout(request, UNREAD_SECONDS)
  return stamped(response, id)
}

const isAnthropic = ({ headers }: Request): boolean => headers.has('anthropic-version')

/** The most that Bun takes. A connection that is kept alive without a request ends with it, too. */
const UNREAD_SECONDS = 255

const isStream = ({ headers }: Response): boolean =>
  headers.get('content-type')?.startsWith('text/event-stream') === true

function stamped(response: Response, id: string): Response {
  const { headers } = response
  headers.set('x-sallyport-exchange', id)
  if (!headers.has('x-request-id')) headers.set('x-request-id', id)
  headers.set('x-content-type-options', 'nosniff')
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store')
  return response
}

/** Path and query, cut by hand: `new URL` throws for an HTTP/1.0 request without a Host, whose URL is a bare path. */
function pathOf(url: string): string {
  if (url.startsWith('/')) return url
  const scheme = url.indexOf('://')
  const start = url.indexOf('/', scheme < 0 ? 0 : scheme + 3)
  return start < 0 ? url : url.slice(start)
}

/** The peer's address; an IPv4 address that arrived over IPv6 is an IPv4 address. */
function sourceOf(server: Server<undefined>, request: Request): string {
  const address = server.requestIP(request)?.address
  // Of a connection that is gone already: nobody's address, which no rule about networks lets in.
  if (address === undefined) return '0.0.0.0'
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}
