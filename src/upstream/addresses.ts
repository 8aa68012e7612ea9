// From a host's name to its addresses. A name is looked up at most every 10 s, and what was found is what is checked and
// dialled: a second answer from the same resolver cannot slip in between (DNS rebinding).
import { lookup } from 'node:dns/promises'

/** All addresses of a host, in the order in which to try them. Rejects where there is none. */
export type Resolve = (host: string) => Promise<readonly string[]>

export const systemResolve: Resolve = async (host) => {
  const found = await lookup(host, { all: true, verbatim: true })
  return found.map(({ address }) => address)
}

const REMEMBERED_MS = 10_000
const MOST_HOSTS = 256

interface Found {
  readonly addresses: Promise<readonly string[]>
  readonly at: number
}

/** Remembers answers, never failures. The same array while an answer is remembered. */
export function makeAddresses(resolve: Resolve, now: () => number): Resolve {
  const known = new Map<string, Found>()
  return (host) => {
    const held = known.get(host)
    // Wall time may step back: what seems to come from the future is as good as old.
    if (held && Math.abs(now() - held.at) < REMEMBERED_MS) return held.addresses
    const addresses = resolve(host)
    const found = { addresses, at: now() }
    known.delete(host)
    known.set(host, found)
    for (const oldest of known.keys()) {
      if (known.size <= MOST_HOSTS) break
      known.delete(oldest)
    }
    addresses.catch(() => {
      if (known.get(host) === found) known.delete(host)
    })
    return addresses
  }
}
