import { readNetwork } from '#lib/network.ts'
import { fault, type Field, textOf } from './field.ts'
import { quote } from './problem.ts'

/** A CIDR network, or one address. */
export function networkOf(field: Field): string | undefined {
  const text = textOf(field, 'a network such as 10.0.0.0/8')
  if (text === undefined || readNetwork(text) !== undefined) return text
  return fault(field, `is not a network: ${quote(text)}`, 'Write it as 10.0.0.0/8 or fd00::/8, or one address.')
}
