// The decimal extension: up to four digits after the point, held as ten-thousandths in 64 bits.
import { extensionError } from './evaluation-error.ts'
import { fitsLong, readDigits } from './long.ts'

export function parseDecimal(text: string): bigint {
  const match = /^(-?)(\d+)\.(\d+)$/.exec(text)
  if (match === null) throw extensionError('decimal', 'not a well-formed decimal value')
  const [, sign = '', whole = '', fraction = ''] = match
  if (fraction.length > 4) throw extensionError('decimal', 'too many digits after the decimal point')
  const magnitude = readDigits(whole + fraction.padEnd(4, '0'))
  const amount = sign === '-' ? -magnitude : magnitude
  if (!fitsLong(amount)) throw extensionError('decimal', 'overflow when converting to decimal')
  return amount
}
