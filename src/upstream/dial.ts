// Dials the address that was checked, and no other: a name is looked up here, all of its addresses are judged, and what is
// dialled is one of them, under the host's own name (`host`, SNI, certificate).
import { Refusal } from '#access/refusal.ts'
import { type Addresses, makeAddresses, type Resolve } from './addresses.ts'
import { firstToConnect, type Place } from './dial-connect.ts'
import { routesTo } from './dial-judge.ts'
import { readWay, type Route, type Way, type Whereto } from './dial-way.ts'
import { failureCode } from './failure-code.ts'

export interface Sent {
  readonly method: string
  /** Below the route's URL. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array | undefined
  readonly signal: AbortSignal
}

export interface Dialer {
  /** Rejects with a Refusal: `provider_address_refused`, or `provider_unreachable` where no address takes connections in time. */
  route(to: Whereto, signal: AbortSignal): Promise<Route>
  /** Follows no redirect, unpacks nothing. Rejects as `fetch` does. */
  send(route: Route, request: Sent): Promise<Response>
}

export interface DialerOptions {
  readonly resolve: Resolve
  /** Milliseconds. */
  readonly now: () => number
}

/** What answered this lately takes connections, and most likely one to it is still open. */
const ANSWERED_MS = 30_000
const MOST_ANSWERED = 1_024

interface Known {
  readonly way: Way
  /** Those of the last look-up, and what they came to. */
  addresses?: readonly string[]
  routes: readonly Route[]
}

export function makeDialer({ resolve, now }: DialerOptions): Dialer {
  const addressesOf = makeAddresses(resolve, now)
  // By the object: it is gone with its bundle.
  const known = new WeakMap<Whereto, Known>()
  const answered = new Map<string, number>()
  const trying = new Map<string, Promise<Place | undefined>>()

  const knownOf = (to: Whereto): Known => {
    const held = known.get(to)
    if (held) return held
    const made: Known = { way: readWay(to), routes: [] }
    known.set(to, made)
    return made
  }
  const isWarm = (route: Route): boolean => {
    const at = answered.get(route.place)
    return at !== undefined && Math.abs(now() - at) < ANSWERED_MS
  }
  /**
   * Those who ask at the same time share one attempt, and nothing else: only an address and a port come of it. A route has a
   * host's name, its authorities and its path, and is its owner's alone; two names may lead to one place.
   */
  const tryOut = async (routes: readonly Route[], limit: number): Promise<Route | undefined> => {
    const key = `${limit} ${routes.map(({ place }) => place).join(' ')}`
    const places = routes.map(({ address, port }) => ({ address, port }))
    const held = trying.get(key) ?? firstToConnect(places, limit).finally(() => trying.delete(key))
    trying.set(key, held)
    const first = await held
    return first && routes.find(({ address, port }) => address === first.address && port === first.port)
  }
  /** One that answered lately, of the addresses that are allowed. Throws a Refusal where one of them is not. */
  const warmOf = (to: Whereto, held: Known, addresses: readonly string[]): Route | undefined => {
    // Judged anew only where it is another array: while a look-up is remembered, it is answered with the same one.
    if (held.addresses !== addresses) {
      held.routes = routesTo(to, held.way, addresses)
      held.addresses = addresses
    }
    return held.routes.find(isWarm)
  }
  const sought = async (to: Whereto, found: ReturnType<Addresses>, signal: AbortSignal): Promise<Route> => {
    const held = knownOf(to)
    const { way } = held
    const limit = to.timeouts.connect
    const addresses = isList(found) ? found : await within(found, { limit, signal, what: `looking up ${way.host}` })
    const warm = warmOf(to, held, addresses)
    if (warm) return warm
    const what = `connecting to ${way.place}`
    const first = await within(tryOut(held.routes, limit), { limit, signal, what })
    if (!first) throw unreachable(new Error(`${what}: none of its addresses takes a connection`))
    return first
  }
  return {
    // Most know their address and have a connection to it: they wait for nothing.
    async route(to, signal) {
      const held = knownOf(to)
      const found = held.way.addresses ?? addressesOf(held.way.host)
      const warm = isList(found) ? warmOf(to, held, found) : undefined
      return warm ?? sought(to, found, signal)
    },
    async send(route, { method, path, headers, body, signal }) {
      const { place } = route
      try {
        const response = await fetch(route.url + path, {
          method,
          headers: { ...headers, host: route.host },
          body: body ? (body as Uint8Array<ArrayBuffer>) : null,
          ...(route.tls && { tls: route.tls }),
          signal,
          redirect: 'manual',
          decompress: false,
          // On a kept connection that turns out to be closed the runtime would send a GET or DELETE again, unseen.
          keepalive: method === 'POST',
        })
        answered.set(place, now())
        if (answered.size > MOST_ANSWERED) answered.clear()
        return response
      } catch (error) {
        answered.delete(place)
        throw error
      }
    },
  }
}

const isList = (found: readonly string[] | Promise<readonly string[]>): found is readonly string[] =>
  Array.isArray(found)

export const unreachable = (cause: unknown): Refusal =>
  new Refusal('provider_unreachable', { message: 'The provider cannot be reached.', retryAfter: 5, cause })

interface Bounds {
  readonly limit: number
  readonly signal: AbortSignal
  readonly what: string
}

/** Whatever goes wrong here, nothing was sent. The work itself goes on: others may wait for it, too. */
async function within<T>(work: Promise<T>, { limit, signal, what }: Bounds): Promise<T> {
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(), limit)
  const leave = (): void => over.abort()
  signal.addEventListener('abort', leave)
  if (signal.aborted) leave()
  const late = new Promise<never>((_, reject) => {
    // Of both: a caller who leaves, and the time for the whole answer.
    const why = (): string => (signal.aborted ? 'given up by who asked for it' : `not within ${limit} ms`)
    const end = (): void => reject(unreachable(new Error(`${what}: ${why()}`)))
    over.signal.addEventListener('abort', end)
    if (over.signal.aborted) end()
  })
  try {
    return await Promise.race([work, late])
  } catch (cause) {
    if (cause instanceof Refusal) throw cause
    throw unreachable(new Error(`${what}: ${failureCode(cause)}`, { cause }))
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', leave)
  }
}
