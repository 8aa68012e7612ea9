// The ipaddr extension: an IPv4 or IPv6 address with a prefix length, by default the whole address.
// The surprise: `10.0.0.1/24` keeps its host bits, so it lies in `10.0.0.0/24` but does not equal it.
import { extensionError } from './evaluation-error.ts'

export interface IpRange {
  /** 32 or 128. */
  readonly bits: 32 | 128
  /** The address in words: one of 32 bits, or eight of 16. Plain numbers: an address is read on nearly every request. */
  readonly words: readonly number[]
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
  const words = bits === 128 ? readV6(host) : readV4(host)
  if (words === undefined) return undefined
  if (slash < 0) return { bits, words, prefix: bits }
  const digits = text.slice(slash + 1)
  if (!/^(?:0|[1-9]\d{0,2})$/.test(digits) || Number(digits) > bits) return undefined
  return { bits, words, prefix: Number(digits) }
}

const [ZERO, NINE, DOT] = [48, 57, 46]

function readV4(host: string): readonly number[] | undefined {
  let [address, octet, digits, dots] = [0, 0, 0, 0]
  for (let at = 0; at < host.length; at += 1) {
    const code = host.charCodeAt(at)
    if (code === DOT && digits > 0 && dots < 3) {
      address = address * 256 + octet
      octet = 0
      digits = 0
      dots += 1
    } else if (code >= ZERO && code <= NINE) {
      // A leading zero is octal to some readers and decimal to others: an address that two parsers read differently.
      if (digits > 0 && octet === 0) return undefined
      octet = octet * 10 + code - ZERO
      digits += 1
      if (octet > 255) return undefined
    } else return undefined
  }
  return dots === 3 && digits > 0 ? [address * 256 + octet] : undefined
}

function readV6(host: string): readonly number[] | undefined {
  const halves = host.split('::')
  if (halves.length > 2) return undefined
  const [front = [], back = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const given = front.length + back.length
  if (halves.length === 1 ? given !== 8 : given > 7) return undefined
  const groups = [...front, ...Array.from({ length: 8 - given }, () => '0'), ...back]
  return groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))
    ? groups.map((group) => Number(`0x${group}`))
    : undefined
}

/** Whether every address of `inner` is one of `outer`. */
export function isInRange(inner: IpRange, outer: IpRange): boolean {
  if (inner.bits !== outer.bits || inner.prefix < outer.prefix) return false
  const width = outer.bits / outer.words.length
  return outer.words.every((word, at) => {
    const shift = Math.min(width, Math.max(0, width * (at + 1) - outer.prefix))
    // A number is shifted modulo 32.
    return shift === width || word >>> shift === (inner.words[at] ?? 0) >>> shift
  })
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
