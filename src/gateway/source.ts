// Whose request it is, as far as the wire says: the peer's address, or what a trusted proxy says of its own peer. Everyone
// else's forwarded headers are text like any other: they are not even read.
import { Refusal } from '#access/refusal.ts'
import { isInRange, type Network, readAddress, readNetwork } from '#lib/network.ts'
import type { ProxyConfig } from '#policy/bundle/config.ts'
import { printAddress } from './source-address.ts'
import { type ClientCertificate, readClientCertificate } from './source-certificate.ts'
import { forwardedFor } from './source-forwarded.ts'

export interface Caller {
  readonly source: string
  /** The trusted proxy that says so. */
  readonly via?: string
  readonly certificate?: ClientCertificate
  /** The proxy did not say, or not in words that can be read. `source` is then nobody's address. */
  readonly refused?: Refusal
}

export interface Arrived {
  /** The address at the other end of the connection; undefined where that is gone already. */
  readonly peer: string | undefined
  readonly headers: Headers
  /** Epoch milliseconds. */
  readonly now: number
}

export type CallerOf = (arrived: Arrived) => Caller

/** No rule about networks lets it in. */
const NOBODY = '0.0.0.0'

/** For one bundle: its networks are read once. */
export function callerUnder(proxy: ProxyConfig | undefined): CallerOf {
  const networks = (proxy?.networks ?? []).map(readNetwork).filter((network) => network !== undefined)
  const isTrusted = (address: Network): boolean => networks.some((network) => isInRange(address, network))
  return (arrived) => {
    // Of a link-local peer, the interface stands behind `%`.
    const peer = readAddress(withoutZone(arrived.peer ?? ''))
    if (!peer) return { source: NOBODY }
    if (!proxy || !isTrusted(peer)) return { source: printAddress(peer) }
    return { ...behindProxy(proxy, isTrusted, arrived), via: printAddress(peer) }
  }
}

function withoutZone(address: string): string {
  const zone = address.indexOf('%')
  return zone < 0 ? address : address.slice(0, zone)
}

function behindProxy(proxy: ProxyConfig, isTrusted: (address: Network) => boolean, { headers, now }: Arrived): Caller {
  const address = forwardedFor(headers.get(proxy.address) ?? '', proxy.address, isTrusted)
  // Never the proxy's own address in its place: a rule or a key for its network would let everybody in.
  if (!address) {
    return refused(
      proxy.address,
      `The proxy in front of the gate must say in \`${proxy.address}\` for whom it asks: an address, not a name, and not its own.`,
    )
  }
  const source = printAddress(address)
  const written = proxy.certificate ? headers.get('client-cert') : null
  if (written === null) return { source }
  const certificate = readClientCertificate(written, now)
  return certificate
    ? { source, certificate }
    : refused(
        'client-cert',
        'The client certificate could not be read, or is not valid now: `client-cert` holds one certificate as a byte sequence (RFC 9440).',
      )
}

const refused = (field: string, message: string): Caller => ({
  source: NOBODY,
  refused: new Refusal('malformed_request', { message, field }),
})
