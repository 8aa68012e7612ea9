// Passwords in addresses: `scheme://user:password@host`. Only the password is covered; of `TOKEN:x-oauth-basic@` it is the user.
import { chars } from './chars.ts'
import { isPlaceholder } from './placeholder.ts'
import { type Format, run, WEAK } from './reading.ts'

const AUTHORITY = chars('A-Z', 'a-z', '0-9', '-._~%!$&()*+,;=:@[]^{}|')
const LONGEST = 512

export const URL_PASSWORD: Format = {
  anchor: '://',
  lead: 3,
  rank: 3,
  verify(reading, at) {
    const from = at + 3
    const end = run(reading, from, AUTHORITY, LONGEST)
    if (end >= reading.end && end - from <= LONGEST && !reading.final) return 'more'
    const authority = reading.text.slice(from, end)
    const host = authority.lastIndexOf('@')
    const colon = authority.indexOf(':')
    if (host < 0 || colon < 0 || colon > host) return 'no'
    const after = authority.slice(host + 1)
    if (!/^[A-Za-z0-9[$%{]/.test(after) || after.startsWith('sha256:')) return 'no'
    const kind = /https?$/i.test(reading.text.slice(Math.max(0, at - 5), at)) ? 'basic-auth' : 'connection-string'
    const password = authority.slice(colon + 1, host)
    const user = authority.slice(0, colon)
    if (/^x?(-oauth-basic)?$/.test(password) && user.length >= 16) return { start: from, end: from + colon, kind }
    if (
      password.length >= 2 &&
      !isPlaceholder(password) &&
      !/^[[{(<$%].*|^\{|\}$/.test(password) &&
      !isPlaceholder(user)
    )
      return { start: from + colon + 1, end: from + host, kind }
    reading.weigh(WEAK)
    return 'no'
  },
}
