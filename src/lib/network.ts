// Addresses and networks of IPv4 and IPv6, read strictly: what two parsers could read as two addresses is none.

export interface Network {
  /** 32 or 128. */
  readonly bits: 32 | 128
  /** The address in words: one of 32 bits, or eight of 16. Plain numbers: an address is read on nearly every request. */
  readonly words: readonly number[]
  /** Of an address alone, all of its bits. */
  readonly prefix: number
}

/** `10.0.0.0/8`, `fd00::/8`, or an address alone; undefined where it is neither. Bits behind the prefix are kept as they are. */
export function readNetwork(text: string): Network | undefined {
  return text.length > 43 ? undefined : read(text)
}

/** One of IPv4 in the clothes of IPv6 (`::ffff:10.0.0.0/104`): addresses are read as IPv4 (`readAddress`), and are never in it. */
export const isMapped = ({ bits, words, prefix }: Network): boolean =>
  bits === 128 && prefix >= 96 && words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff

/** An address alone. One of IPv4 that is written as IPv6 (`::ffff:10.0.0.1`, `::ffff:a00:1`) is one of IPv4: it is where it leads. */
export function readAddress(text: string): Network | undefined {
  if (text.includes('/')) return undefined
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(text)?.[1]
  const address = readNetwork(mapped ?? text)
  if (address === undefined || address.bits === 32) return address
  const [a, b, c, d, e, f, high = 0, low = 0] = address.words
  const isMapped = [a, b, c, d, e].every((word) => word === 0) && f === 0xffff
  return isMapped ? { bits: 32, words: [high * 0x10000 + low], prefix: 32 } : address
}

function read(text: string): Network | undefined {
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
export function isInRange(inner: Network, outer: Network): boolean {
  if (inner.bits !== outer.bits || inner.prefix < outer.prefix) return false
  const width = outer.bits / outer.words.length
  return outer.words.every((word, at) => {
    const shift = Math.min(width, Math.max(0, width * (at + 1) - outer.prefix))
    // A number is shifted modulo 32.
    return shift === width || word >>> shift === (inner.words[at] ?? 0) >>> shift
  })
}

/** An address that cannot be read is nowhere, and what is no network has nobody in it. */
export function isWithinAny(source: string, networks: readonly string[]): boolean {
  const address = readAddress(source)
  if (!address) return false
  return networks.some((text) => {
    const network = readNetwork(text)
    return network !== undefined && isInRange(address, network)
  })
}
