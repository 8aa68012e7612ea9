import type { Scheme } from './signals.ts'

/** Where somebody on this machine reaches a listener: an IPv6 address stands in brackets (RFC 3986 §3.2.2). */
export function originOf(host: string, port: number, scheme: Scheme = 'http'): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
}
