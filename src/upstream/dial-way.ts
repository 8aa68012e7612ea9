// What an address in the bundle says about dialling it: read once for each provider, so that a request finds it ready.
import { readAddress } from '#lib/network.ts'

/** Where to: a provider, or anything else that the bundle names an address of. */
export interface Whereto {
  /** The bundle's name for it. */
  readonly name: string
  /** http or https, without query. */
  readonly url: string
  /** Whether addresses of private networks are meant. */
  readonly private: boolean
  /** PEM: in place of the public authorities. */
  readonly ca?: string
  /** Milliseconds. */
  readonly timeouts: { readonly connect: number }
}

/** Where one request goes. Made only from an address that was checked for it. */
export interface Route {
  /** `http://10.0.0.7:8080/v1`: the address in the place of the name; a request's path is put behind it. */
  readonly url: string
  /** As the bundle writes the host, with a port that is not the default: the `host` header. */
  readonly host: string
  readonly tls?: BunFetchRequestInitTLS
  readonly address: string
  readonly port: number
  /** Both, in one word. */
  readonly place: string
}

export interface Way {
  /** As it is looked up: no brackets. */
  readonly host: string
  /** Host and port, for the operator. */
  readonly place: string
  /** Where there is nothing to look up. */
  readonly addresses?: readonly string[]
  /** Written in the address itself, loopback is meant. */
  readonly loopback: boolean
  routeTo(address: string): Route
}

export function readWay(to: Whereto): Way {
  const url = new URL(to.url)
  // `fetch` would open files and buckets as well.
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new Error('neither https nor http')
  const secure = url.protocol === 'https:'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isAddress = readAddress(host) !== undefined
  const isLocalhost = host === 'localhost'
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port)
  const path = url.pathname.replace(/\/+$/, '')
  // One object for all of a provider's requests. Said outright, because a variable of the environment could say otherwise.
  const tls: BunFetchRequestInitTLS = {
    rejectUnauthorized: true,
    ...(to.ca !== undefined && { ca: to.ca }),
    ...(!isAddress && { serverName: host }),
  }
  return {
    host,
    place: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    // RFC 6761 §6.3: `localhost` is this machine, whatever a resolver says.
    ...(isLocalhost ? { addresses: ['127.0.0.1', '::1'] } : isAddress ? { addresses: [host] } : {}),
    loopback: isLocalhost || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host),
    routeTo: (address) => ({
      url: `${url.protocol}//${address.includes(':') ? `[${address}]` : address}:${port}${path}`,
      host: url.host,
      ...(secure && { tls }),
      address,
      port,
      place: `${address} ${port}`,
    }),
  }
}
