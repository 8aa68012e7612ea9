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

/** At once where they are known: most requests wait for nothing. The same array while an answer is remembered. */
export type Addresses = (host: string) => readonly string[] | Promise<readonly string[]>

interface Found {
  readonly at: number
  addresses: readonly string[] | Promise<readonly string[]>
}

/** Remembers answers, never failures. */
export function makeAddresses(resolve: Resolve, now: () => number): Addresses {
  const known = new Map<string, Found>()
  return (host) => {
    const held = known.get(host)
    // Wall time may step back: what seems to come from the future is as good as old.
    if (held && Math.abs(now() - held.at) < REMEMBERED_MS) return held.addresses
    const addresses = resolve(host)
    const found: Found = { addresses, at: now() }
    known.delete(host)
    known.set(host, found)
    for (const oldest of known.keys()) {
      if (known.size <= MOST_HOSTS) break
      known.delete(oldest)
    }
    addresses.then(
      (list) => (found.addresses = list),
      () => known.get(host) === found && known.delete(host),
    )
    return addresses
  }
}
