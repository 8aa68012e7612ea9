import { isMapped, readNetwork } from '#lib/network.ts'
import { fault, type Field, textOf } from './field.ts'
import { quote } from './problem.ts'

/** A CIDR network, or one address. */
export function networkOf(field: Field): string | undefined {
  const text = textOf(field, 'a network such as 10.0.0.0/8')
  const network = text === undefined ? undefined : readNetwork(text)
  if (text === undefined || (network && !isMapped(network))) return text
  if (network) return fault(field, `is IPv4 written as IPv6: ${quote(text)}`, 'Write it as IPv4: callers are seen so.')
  return fault(field, `is not a network: ${quote(text)}`, 'Write it as 10.0.0.0/8 or fd00::/8, or one address.')
}
