// Which addresses may be dialled at all. What is in no table is open in IPv4, where the internet is, and refused in IPv6
// outside 2000::/3. Rows follow the IANA special-purpose registries, and metadata services of clouds, which stand in none.
import { isInRange, type Network, readNetwork } from '#lib/network.ts'

/** `private`: only where that is meant. `never`: nothing that a provider could rightly stand behind. */
export type Reach = 'open' | 'private' | 'never'

export interface Ruling {
  readonly reach: Reach
  /** What the address is, for the operator's log. */
  readonly what: string
}

type Row = readonly [network: string, reach: Reach, what: string]

/** The first row that holds the address counts. */
const V4: readonly Row[] = [
  ['169.254.0.0/16', 'never', 'link-local, where metadata services answer'],
  ['100.100.100.200/32', 'never', 'a metadata service'],
  ['168.63.129.16/32', 'never', "a cloud host's own address"],
  ['10.0.0.0/8', 'private', 'private'],
  ['172.16.0.0/12', 'private', 'private'],
  ['192.168.0.0/16', 'private', 'private'],
  ['100.64.0.0/10', 'private', 'shared by the customers of a carrier'],
  ['127.0.0.0/8', 'private', 'loopback'],
  ['0.0.0.0/8', 'never', 'unspecified'],
  ['192.0.0.0/24', 'never', 'set aside for protocols'],
  ['192.0.2.0/24', 'never', 'documentation'],
  ['192.31.196.0/24', 'never', 'set aside for protocols'],
  ['192.52.193.0/24', 'never', 'set aside for protocols'],
  ['192.88.99.0/24', 'never', 'set aside for protocols'],
  ['192.175.48.0/24', 'never', 'set aside for protocols'],
  ['198.18.0.0/15', 'never', 'benchmarking'],
  ['198.51.100.0/24', 'never', 'documentation'],
  ['203.0.113.0/24', 'never', 'documentation'],
  ['224.0.0.0/4', 'never', 'multicast'],
  ['240.0.0.0/4', 'never', 'reserved'],
]

const V6: readonly Row[] = [
  ['fe80::/10', 'never', 'link-local'],
  ['fd00:ec2::/32', 'never', 'a metadata service'],
  ['fd20:ce::254/128', 'never', 'a metadata service'],
  ['fd00:42::42/128', 'never', 'a metadata service'],
  ['fd00:c1::a9fe:a9fe/128', 'never', 'a metadata service'],
  ['fc00::/7', 'private', 'private'],
  ['::1/128', 'private', 'loopback'],
  ['ff00::/8', 'never', 'multicast'],
  // Teredo, ORCHID, benchmarking and anycast services.
  ['2001::/23', 'never', 'set aside for protocols'],
  ['2001:db8::/32', 'never', 'documentation'],
  // 6to4 leads to an IPv4 address that it hides; nobody has offered anything there since RFC 7526.
  ['2002::/16', 'never', 'a way to an IPv4 address'],
  ['2620:4f:8000::/48', 'never', 'set aside for protocols'],
  ['3fff::/20', 'never', 'documentation'],
  ['2000::/3', 'open', 'global'],
]

const tableOf = (rows: readonly Row[]): readonly (Ruling & { readonly network: Network })[] =>
  rows.flatMap(([text, reach, what]) => {
    const network = readNetwork(text)
    if (network === undefined) throw new Error(`not a network: ${text}`)
    return { network, reach, what }
  })

const V4_TABLE = tableOf(V4)
const V6_TABLE = tableOf(V6)
// RFC 6052 §2.1. Where a network's own NAT64 prefix hides the IPv4 address, nobody else can know: those are refused.
const NAT64 = readNetwork('64:ff9b::/96')

/** Of an address as `readAddress` reads it: IPv4 in the clothes of IPv6 is IPv4 already. */
export function rulingOf(address: Network): Ruling {
  if (address.bits === 32) {
    return V4_TABLE.find(({ network }) => isInRange(address, network)) ?? { reach: 'open', what: 'global' }
  }
  if (NAT64 && isInRange(address, NAT64)) return rulingOf(behindNat64(address))
  return V6_TABLE.find(({ network }) => isInRange(address, network)) ?? { reach: 'never', what: 'reserved' }
}

function behindNat64({ words }: Network): Network {
  const [high = 0, low = 0] = words.slice(6)
  return { bits: 32, words: [high * 0x10000 + low], prefix: 32 }
}
