// Whether a certificate is for the name by which callers reach the gate. Where it is not they refuse it, whatever we think.
import { X509Certificate } from 'node:crypto'
import { readAddress } from '#lib/network.ts'

/** What it is for instead, as a list; undefined where it is for `hostname` (a URL's: IPv6 in brackets). */
export function otherNames(certificate: X509Certificate | string, hostname: string): string | undefined {
  const leaf = typeof certificate === 'string' ? new X509Certificate(certificate) : certificate
  const name = hostname.replace(/^\[|\]$/g, '')
  const covered = readAddress(name) === undefined ? leaf.checkHost(name) : leaf.checkIP(name)
  if (covered !== undefined) return undefined
  return leaf.subjectAltName?.replaceAll(/(?:DNS|IP Address):/g, '') ?? 'nothing'
}
