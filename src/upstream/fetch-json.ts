// The way out for identity: documents of OIDC issuers. GET, no credentials, no redirects. An issuer often stands in a
// network of one's own, and its address is written in the bundle by those who may: private addresses are dialled.
// Those that nobody may dial (link-local, metadata services) are not: `jwks_uri` is the issuer's own word.
import { Refusal } from '#access/refusal.ts'
import type { Dialer } from './dial.ts'
import type { Whereto } from './dial-way.ts'

const CONNECT_MS = 5_000

/** Whereto for a document of an issuer: judged and dialled alike by all who ask for one. */
export function issuerAt(address: string): Whereto {
  const { origin, host } = new URL(address)
  return { name: host, url: origin, private: true, timeouts: { connect: CONNECT_MS } }
}

export function makeFetchJson(dialer: Dialer): (url: string, signal: AbortSignal) => Promise<Response> {
  return async (url, signal) => {
    const { pathname, search } = new URL(url)
    try {
      const route = await dialer.route(issuerAt(url), signal)
      const headers = { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'sallyport' }
      return await dialer.send(route, { method: 'GET', path: pathname + search, headers, signal })
    } catch (error) {
      // Words for the operator: what a caller of the gate would be told names no address.
      throw error instanceof Refusal && error.cause instanceof Error ? error.cause : error
    }
  }
}
