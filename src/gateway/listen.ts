// The data plane's door. Bun's server resolves `..`, `%2e%2e` and backslashes before we see a path, but matches its own
// routes against the bytes that were sent. What it did not match is served nothing, wherever its path seems to lead.
// A running server keeps its certificate for ever: another one takes a second door on the same port, and the first retires.
import type { Server } from 'bun'
import { RESOURCE_METADATA } from './challenge.ts'
import { AUTHORIZATION_PATHS } from './authorization-pass.ts'
import type { Gate } from './gate.ts'
import { receive } from './listen-exchange.ts'
import { protectedResource } from './protected-resource.ts'
import { publicKeys } from './readiness-keys.ts'
import { metricsPage, readiness } from './readiness.ts'
import { RAW_PATHS } from './routes.ts'
import { keepTls } from './tls-keeper.ts'
import type { TlsMaterial } from './tls-material.ts'

export interface Address {
  readonly host: string
  readonly port: number
  /** Several workers on one port. The caller MUST hold a lock on the port: a second program would join it unseen. */
  readonly shared: boolean
}

/** In milliseconds. */
export interface Pace {
  /** Between looks at the files of `listen.tls`. */
  readonly look: number
  /** How long a door that retires tells callers to come back by another connection, before it is shut. */
  readonly retire: number
}

export interface Listening {
  readonly port: number
  /** Until when the certificate is valid with which it began, in epoch milliseconds; undefined for plain HTTP. */
  readonly expires: number | undefined
  /** As of now: requests being answered, streams included, and until when the certificate is valid. */
  standing(): { readonly pending: number; readonly streams: number; readonly expires: number | undefined }
  /** Takes no new requests, lets those under way end for at most `ms`, then cuts them. */
  stop(ms: number): Promise<void>
}

/** Throws as a listener would (`EADDRINUSE`) when the port is taken: shared listeners would join another program's. */
export function assertPortFree(host: string, port: number): void {
  void Bun.serve({ hostname: host, port, reusePort: false, fetch: () => new Response(null) }).stop(true)
}

const PACE: Pace = { look: 1_000, retire: 5_000 }

/** Plain HTTP, or TLS where the bundle in force says so at this moment. Throws TlsFault where it cannot. */
export function listen(address: Address, gate: Gate, pace: Pace = PACE): Listening {
  const paths = gate.active().bundle.config.listen.tls
  const keeper =
    paths &&
    keepTls(
      {
        paths: () => gate.active().bundle.config.listen.tls,
        host: () => new URL(gate.active().bundle.config.public).hostname,
        now: () => gate.clock.now(),
        say: (line) => gate.log(line),
      },
      paths,
    )
  if (!keeper) {
    const only = openDoor(address, undefined, gate)
    return {
      port: only.port,
      expires: undefined,
      standing: () => ({ ...busy([only]), expires: undefined }),
      stop: (ms) => shut([only], ms),
    }
  }
  if (!address.shared) assertPortFree(address.host, address.port)
  let front = openDoor({ ...address, shared: true }, keeper.first, gate)
  let { expires } = keeper.first
  const { port } = front
  const doors = new Set([front])
  const timers = new Set<ReturnType<typeof setTimeout>>()
  const retire = (door: Door): void => {
    door.retire()
    const timer = setTimeout(() => {
      timers.delete(timer)
      void door.close().then(() => doors.delete(door))
    }, pace.retire)
    timers.add(timer)
  }
  const looking = setInterval(() => {
    keeper.look((material) => {
      const next = openDoor({ ...address, port, shared: true }, material, gate)
      doors.add(next)
      retire(front)
      front = next
      expires = material.expires
    })
  }, pace.look)
  return {
    port,
    expires: keeper.first.expires,
    standing: () => ({ ...busy([...doors]), expires }),
    stop(ms) {
      clearInterval(looking)
      for (const timer of timers) clearTimeout(timer)
      return shut([...doors], ms)
    },
  }
}

interface Door {
  readonly port: number
  /** From now on each answer says that its connection ends. */
  retire(): void
  /** Takes no new connection, and resolves when the last one has ended. Those that wait for a next request are closed. */
  close(): Promise<void>
  /** Requests being answered. */
  pending(): number
  /** Of them, answers that stream. */
  streams(): number
  cut(): Promise<void>
}

const busy = (doors: readonly Door[]) => ({
  pending: doors.reduce((sum, door) => sum + door.pending(), 0),
  streams: doors.reduce((sum, door) => sum + door.streams(), 0),
})

async function shut(doors: readonly Door[], ms: number): Promise<void> {
  const closed = doors.map((door) => door.close())
  const deadline = Date.now() + ms
  while (!doors.every((door) => door.pending() === 0) && Date.now() < deadline) await Bun.sleep(20)
  await Promise.all(doors.map((door) => door.cut()))
  await Promise.all(closed)
}

function openDoor(address: Address, material: TlsMaterial | undefined, gate: Gate): Door {
  if (material) gate.hold(material.key)
  let retiring = false
  const reception = receive(gate, { secure: material !== undefined, isLeft: () => retiring })
  const answer = (request: Request, server: Server<undefined>, known: boolean): Promise<Response> => {
    const patience = (seconds: number): void => server.timeout(request, seconds)
    const peer = server.requestIP(request)?.address
    return reception.answer({ request, peer, known, patience })
  }
  const known = (request: Request, server: Server<undefined>): Promise<Response> => answer(request, server, true)
  const passed = (request: Request, server: Server<undefined>): Promise<Response> => {
    const patience = (seconds: number): void => server.timeout(request, seconds)
    return reception.pass({ request, peer: server.requestIP(request)?.address, patience })
  }
  const tell = (request: Request, server: Server<undefined>, response: Response): Response =>
    reception.tell(request, response, (seconds) => server.timeout(request, seconds))
  const told = (response: () => Response) => (request: Request, server: Server<undefined>) =>
    tell(request, server, response())
  const figures = async (request: Request, server: Server<undefined>): Promise<Response> => {
    const page = await gate.metrics?.()
    return page === undefined ? answer(request, server, false) : tell(request, server, metricsPage(page))
  }
  const server = Bun.serve({
    hostname: address.host,
    port: address.port,
    reusePort: address.shared,
    // TLS 1.2 and 1.3: Bun takes nothing older, and speaks HTTP/1.1 whatever a client offers.
    ...(material && { tls: { cert: material.certificate, key: material.key } }),
    // Both of these would answer for us, without a record: the bounds are ours, in body.ts and watch-stream.ts.
    idleTimeout: 0,
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    development: false,
    routes: {
      '/healthz': told(() => readiness('/healthz', gate)),
      '/readyz': told(() => readiness('/readyz', gate)),
      '/metrics': { GET: figures },
      '/.well-known/jwks.json': { GET: told(() => publicKeys(gate)) },
      [RESOURCE_METADATA]: { GET: told(() => protectedResource(gate)) },
      ...Object.fromEntries(RAW_PATHS.map((path) => [path, known])),
      ...Object.fromEntries(AUTHORIZATION_PATHS.map((path) => [path, passed])),
    },
    fetch: (request, from) => answer(request, from, false),
    error(error) {
      gate.log('a request failed outside of serve', error)
      return new Response(null, { status: 500 })
    },
  })
  return {
    port: server.port ?? address.port,
    retire() {
      retiring = true
    },
    close: () => server.stop(false).catch(() => undefined),
    pending: () => server.pendingRequests,
    streams: () => reception.streams(),
    cut: () => server.stop(true),
  }
}
