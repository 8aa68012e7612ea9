// The ipaddr extension: an IPv4 or IPv6 address with a prefix length, by default the whole address.
// The surprise: `10.0.0.1/24` keeps its host bits, so it lies in `10.0.0.0/24` but does not equal it.
import { isInRange, type Network, readNetwork } from '#lib/network.ts'
import { extensionError } from './evaluation-error.ts'

export type IpRange = Network

export function parseIp(text: string): IpRange {
  const range = readNetwork(text)
  if (range === undefined) throw extensionError('ipaddr', 'not a well-formed IP address or range')
  return range
}

const LOOPBACK = { 32: parseIp('127.0.0.0/8'), 128: parseIp('::1') } as const
const MULTICAST = { 32: parseIp('224.0.0.0/4'), 128: parseIp('ff00::/8') } as const

export function isLoopback(range: IpRange): boolean {
  return isInRange(range, LOOPBACK[range.bits])
}

export function isMulticast(range: IpRange): boolean {
  return isInRange(range, MULTICAST[range.bits])
}

export function sameRange(left: IpRange, right: IpRange): boolean {
  return (
    left.bits === right.bits && left.prefix === right.prefix && left.words.every((word, at) => word === right.words[at])
  )
}
