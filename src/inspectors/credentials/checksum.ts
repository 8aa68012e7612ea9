// The checksums that issuers put into their tokens.
import { crc32 } from 'node:zlib'

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** GitHub and npm: the last six characters are the CRC32 of the 30 before them, in base 62. */
export function endsInCrc32(token: string): boolean {
  const body = token.slice(token.indexOf('_') + 1)
  if (body.length < 8) return false
  let rest = crc32(body.slice(0, -6))
  let digits = ''
  for (let count = 0; count < 6; count += 1) {
    digits = (BASE62[rest % 62] ?? '') + digits
    rest = Math.floor(rest / 62)
  }
  return body.endsWith(digits)
}
