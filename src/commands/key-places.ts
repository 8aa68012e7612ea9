// Where a key is taken from, and with whose tokens. One of the two must be there: a key is never the whole proof.
import { isMapped, readNetwork } from '#lib/network.ts'
import { type KeyFields, NAME, type ReportFault, shown } from './key-fault.ts'

/** Bits that a network fixes at least: a wider one is hardly a proof of anything. */
const LEAST_PREFIX = { 32: 8, 128: 32 } as const

export function readPlaces({ networks = [], users = [] }: KeyFields, personal: boolean, fault: ReportFault) {
  for (const network of networks.slice(0, MOST_NETWORKS)) refuseNetwork(network, fault)
  if (networks.length > MOST_NETWORKS) fault('networks', `names more than ${MOST_NETWORKS}`, 'Make several keys.')
  if (users.length > MOST_USERS) fault('users', `names more than ${MOST_USERS}`, 'Make several keys.')
  const odd = users.find((issuer) => !NAME.test(issuer))
  if (odd !== undefined)
    fault('users', `names what cannot be an issuer: ${shown(odd)}`, 'Name issuers as the bundle does.')
  if (personal && users.length > 0)
    fault('users', 'is given for a personal key, which is used without a token', 'Leave it out.')
  if (personal && networks.length === 0)
    fault('networks', 'is missing: a personal key is taken from networks only', 'Give the one the person works in.')
  if (!personal && networks.length === 0 && users.length === 0) fault('networks', ALONE, NOT_ALONE)
  return { networks: [...new Set(networks)], users: [...new Set(users)] }
}

const MOST_NETWORKS = 64
const MOST_USERS = 16

const ALONE = 'is missing, and so are users: a key never authenticates alone, or whoever found it could use it'
const NOT_ALONE = 'Give a network that it is used from (10.2.0.0/16), or an issuer whose user tokens go with it.'

function refuseNetwork(text: string, fault: ReportFault): void {
  const network = readNetwork(text)
  if (!network) {
    fault('networks', `holds what is no network: ${shown(text)}`, 'Write it as 10.2.0.0/16 or fd00:2::/32.')
  } else if (isMapped(network)) {
    fault('networks', `holds IPv4 written as IPv6: ${shown(text)}`, 'Write it as IPv4: callers are seen so.')
  } else if (network.prefix < LEAST_PREFIX[network.bits]) {
    const least = LEAST_PREFIX[network.bits]
    fault(
      'networks',
      `holds a network wider than /${least}: ${shown(text)}`,
      'Give the networks it is really used from.',
    )
  }
}
