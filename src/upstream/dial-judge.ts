// All addresses of a host must be ones that may be dialled, or none is: of a mixed answer, one part is a lie.
import { Refusal } from '#access/refusal.ts'
import { readAddress } from '#lib/network.ts'
import type { Route, Way, Whereto } from './dial-way.ts'
import { rulingOf } from './egress.ts'

/** All are judged; no more than these are tried. */
const MOST_TRIED = 8

/** Throws the Refusal that says no. Its cause names the address, for the operator's log; its message does not. */
export function routesTo(to: Whereto, way: Way, addresses: readonly string[]): readonly Route[] {
  for (const address of addresses) {
    const wrong = wrongWith(to, way, address)
    if (wrong !== undefined) throw refused(to.name, wrong)
  }
  return addresses.slice(0, MOST_TRIED).map((address) => way.routeTo(address))
}

function wrongWith(to: Whereto, way: Way, address: string): string | undefined {
  const read = readAddress(address)
  // One with a zone (`fe80::1%eth0`) is link-local.
  if (!read) return `${way.host} leads to something that is no address`
  const { reach, what } = rulingOf(read)
  if (reach === 'open' || (reach === 'private' && (to.private || way.loopback))) return undefined
  const means = reach === 'private' ? 'it does not say `private: true`' : 'nobody may dial that'
  return `${way.host} leads to ${address}, which is ${what}; ${means}`
}

const refused = (subject: string, words: string): Refusal =>
  new Refusal('provider_address_refused', {
    message: 'The address of the provider is one that the gate does not dial. Its operator finds more in the log.',
    indicator: { indicator: 'egress-refused', subject },
    cause: new Error(words),
  })
