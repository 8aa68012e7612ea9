// The ipaddr extension: an IPv4 or IPv6 address with a prefix length, by default the whole address.
// The surprise: `10.0.0.1/24` keeps its host bits, so it lies in `10.0.0.0/24` but does not equal it.
import { extensionError } from './evaluation-error.ts'

export interface IpRange {
  /** 32 or 128. */
  readonly bits: 32 | 128
  readonly address: bigint
  readonly prefix: number
}

export function parseIp(text: string): IpRange {
  const range = text.length > 43 ? undefined : read(text)
  if (range === undefined) throw extensionError('ipaddr', 'not a well-formed IP address or range')
  return range
}

function read(text: string): IpRange | undefined {
  const slash = text.indexOf('/')
  const host = slash < 0 ? text : text.slice(0, slash)
  const bits = host.includes(':') ? 128 : 32
  const address = bits === 128 ? readV6(host) : readV4(host)
  if (address === undefined) return undefined
  if (slash < 0) return { bits, address, prefix: bits }
  const digits = text.slice(slash + 1)
  if (!/^(?:0|[1-9]\d{0,2})$/.test(digits) || Number(digits) > bits) return undefined
  return { bits, address, prefix: Number(digits) }
}

function readV4(host: string): bigint | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(host)
  if (match === null) return undefined
  let address = 0n
  for (const octet of match.slice(1)) {
    // A leading zero is octal to some readers and decimal to others: an address that two parsers read differently.
    if (Number(octet) > 255 || (octet.length > 1 && octet.startsWith('0'))) return undefined
    address = (address << 8n) | BigInt(octet)
  }
  return address
}

function readV6(host: string): bigint | undefined {
  const halves = host.split('::')
  if (halves.length > 2) return undefined
  const [front = [], back = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const given = front.length + back.length
  if (halves.length === 1 ? given !== 8 : given > 7) return undefined
  const groups = [...front, ...Array.from({ length: 8 - given }, () => '0'), ...back]
  let address = 0n
  for (const group of groups) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined
    address = (address << 16n) | BigInt(`0x${group}`)
  }
  return address
}

/** Whether every address of `inner` is one of `outer`. */
export function isInRange(inner: IpRange, outer: IpRange): boolean {
  if (inner.bits !== outer.bits || inner.prefix < outer.prefix) return false
  const shift = BigInt(outer.bits - outer.prefix)
  return inner.address >> shift === outer.address >> shift
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
  return left.bits === right.bits && left.prefix === right.prefix && left.address === right.address
}
