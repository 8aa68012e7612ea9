// The data plane's door. Bun's server normalises `..` away before we see a path; all else that could be read as another
// path reaches `routeOf` as it came, and is not in its table.
import type { Server } from 'bun'
import { Refusal } from '#access/refusal.ts'
import { ulid } from '#lib/ulid.ts'
import type { Exchange } from './exchange.ts'
import type { Gate } from './gate.ts'
import { readiness } from './readiness.ts'
import { routeOf } from './routes.ts'
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
  const server = Bun.serve({
    hostname: address.host,
    port: address.port,
    reusePort: address.shared,
    // Both of these would answer for us, without a record: the bounds are ours, in body.ts and watch-stream.ts.
    idleTimeout: 0,
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    development: false,
    fetch: (request, server) => answer(request, server, gate),
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

async function answer(request: Request, server: Server<undefined>, gate: Gate): Promise<Response> {
  const arrived = gate.clock.now()
  const id = ulid(arrived, gate.random)
  const [path = '', query] = pathOf(request.url).split('?', 2)
  const response = path === '/healthz' || path === '/readyz' ? readiness(path, gate) : await exchange()
  response.headers.set('x-sallyport-exchange', id)
  if (!response.headers.has('x-request-id')) response.headers.set('x-request-id', id)
  response.headers.set('x-content-type-options', 'nosniff')
  return response

  function exchange(): Promise<Response> {
    const exchange: Exchange = {
      id,
      route: routeOf(path),
      query: query ?? '',
      request,
      source: sourceOf(server, request),
      arrived,
      active: gate.active(),
      findExchange: gate.findExchange,
      limits: gate.limits,
      hungUp: request.signal,
      account: { decided: false, attempts: [], checks: [] },
    }
    return serve(exchange, gate)
  }
}

/** Path and query, cut by hand: `new URL` throws for an HTTP/1.0 request without a Host, and is slow. */
function pathOf(url: string): string {
  const scheme = url.indexOf('://')
  const start = url.indexOf('/', scheme < 0 ? 0 : scheme + 3)
  return start < 0 ? url : url.slice(start)
}

/** The peer's address; an IPv4 address that arrived over IPv6 is an IPv4 address. */
function sourceOf(server: Server<undefined>, request: Request): string {
  const address = server.requestIP(request)?.address
  if (address === undefined) throw new Refusal('internal', { message: 'The connection is gone.' })
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}
