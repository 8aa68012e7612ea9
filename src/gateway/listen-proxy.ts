// Whose word on callers' addresses is taken: whoever is believed can be anyone, so the operator is told of each change.
import type { ProxyConfig } from '#policy/bundle/config.ts'

/** At the start, where there is one; and whenever it is another than the one before. */
export function proxyLine(proxy: ProxyConfig | undefined): string {
  if (!proxy) return "callers' addresses are those of their connections: no proxy is believed"
  const { address, networks, certificate } = proxy
  const line = `callers' addresses are taken from ${address} where ${networks.join(', ')} writes it`
  return certificate ? `${line}, and their certificates from client-cert` : line
}

/** Says the line where it is another than before. */
export function proxyTeller(first: ProxyConfig | undefined, say: (line: string) => void) {
  let told = proxyLine(first)
  return (now: ProxyConfig | undefined): void => {
    const line = proxyLine(now)
    if (line !== told) say(line)
    told = line
  }
}
