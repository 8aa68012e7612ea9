// Whether plain HTTP is meant. On an address of the network anyone on the way could read prompts and keys, so that it is
// refused unless the bundle gives a reason. TLS is never switched on or off under way: a port that speaks both is neither.
import { isInRange, readAddress, readNetwork } from '#lib/network.ts'
import type { ListenConfig } from '#policy/bundle/config.ts'

/** Only what cannot be reached from another machine. A name other than `localhost` may lead anywhere. */
export function isLoopbackHost(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true
  const address = readAddress(host)
  return address !== undefined && LOOPBACK.some((network) => isInRange(address, network))
}

const LOOPBACK = ['127.0.0.0/8', '::1'].map(readNetwork).filter((network) => network !== undefined)

/** Where whatever has no TLS of its own listens: the control plane, until it has. */
export const ownHost = (host: string): string => (isLoopbackHost(host) ? host : '127.0.0.1')

type Plain = { readonly [Key in 'tls' | 'plaintext']?: ListenConfig[Key] | undefined }

/** Why the gateway may not listen there as this says, in one sentence; undefined where it may. */
export function plaintextFault(listen: Plain, host: string): string | undefined {
  if (listen.tls || listen.plaintext !== undefined || isLoopbackHost(host)) return undefined
  return (
    `the gateway would listen on ${host} in plain HTTP, where anyone on the way could read and change what passes; ` +
    'set `listen.tls` in sallyport.yaml, or listen on 127.0.0.1 behind a proxy that has TLS (SALLYPORT_HOST), ' +
    'or say why plain HTTP is meant (`listen.plaintext: "the reason"`)'
  )
}

/** Why a bundle may not take the place of another while the gateway runs; undefined where it may. */
export function wireChangeFault(before: Plain, after: Plain, host: string): string | undefined {
  const plain = plaintextFault(after, host)
  if (plain !== undefined) return plain
  if ((before.tls === undefined) === (after.tls === undefined)) return undefined
  return `the bundle switches TLS ${after.tls ? 'on' : 'off'} (\`listen.tls\`), which takes a restart of the gateway`
}
