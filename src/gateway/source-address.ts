// An address as forwarded headers write it, and back: each address has one spelling from here on (RFC 5952), so that
// nobody is counted, or let in, under two.
import { type Network, readAddress } from '#lib/network.ts'

/**
 * `10.0.0.1`, `10.0.0.1:4711`, `[2001:db8::1]`, `[2001:db8::1]:4711`; where `bare`, `2001:db8::1`, too. A port may be
 * obfuscated (RFC 7239 §6.3). Undefined for anything else, `unknown` and obfuscated names included.
 */
export function readNode(text: string, { bare }: { readonly bare: boolean }): Network | undefined {
  if (text.length > LONGEST) return undefined
  const [, inBrackets, plain] = NODE.exec(text) ?? []
  if (inBrackets !== undefined) {
    const address = inBrackets.includes(':') ? readAddress(inBrackets) : undefined
    return address
  }
  if (plain !== undefined) return readAddress(plain)
  return bare && text.includes(':') ? readAddress(text) : undefined
}

const LONGEST = 100
const NODE = /^(?:\[([0-9a-fA-F:.]{2,45})\]|(\d[\d.]{6,14}))(?::(?:\d{1,5}|_[A-Za-z0-9._-]{1,40}))?$/

/** In the spelling of RFC 5952: lower case, no leading zeros, the first longest run of zeros as `::`. */
export function printAddress({ bits, words }: Pick<Network, 'bits' | 'words'>): string {
  if (bits === 32) {
    const [address = 0] = words
    return `${address >>> 24}.${(address >>> 16) & 0xff}.${(address >>> 8) & 0xff}.${address & 0xff}`
  }
  const [from, length] = longestZeros(words)
  const groups = words.map((word) => word.toString(16))
  if (length < 2) return groups.join(':')
  return `${groups.slice(0, from).join(':')}::${groups.slice(from + length).join(':')}`
}

function longestZeros(words: readonly number[]): readonly [from: number, length: number] {
  let [best, longest, start] = [0, 0, 0]
  for (let at = 0; at <= words.length; at += 1) {
    if (at < words.length && words[at] === 0) continue
    if (at - start > longest) {
      best = start
      longest = at - start
    }
    start = at + 1
  }
  return [best, longest]
}
