// A client certificate that a trusted proxy verified, and writes into `client-cert` (RFC 9440). The proxy has checked the
// signatures; what is checked here is that it is one certificate, whole, and of now.
import { createHash, X509Certificate } from 'node:crypto'

export interface ClientCertificate {
  /** SHA-256 of the DER, in hex. */
  readonly sha256: string
  /** As RFC 4514 writes it: `CN=client,O=Harbor`. */
  readonly subject: string
}

/** Undefined where it is malformed, or not valid at `now` (epoch milliseconds). */
export function readClientCertificate(header: string, now: number): ClientCertificate | undefined {
  const der = bytesOf(header)
  const certificate = der && parse(der)
  if (!der || !certificate) return undefined
  // The negation, so that a date that cannot be read is no date of now.
  const valid = now >= Date.parse(certificate.validFrom) && now <= Date.parse(certificate.validTo)
  if (!valid) return undefined
  return { sha256: createHash('sha256').update(der).digest('hex'), subject: subjectOf(certificate) }
}

/** A byte sequence of RFC 8941 §3.3.5 and nothing else: no parameters, no second member, one spelling of each. */
function bytesOf(header: string): Uint8Array | undefined {
  const [, base64] = /^:([A-Za-z0-9+/]{4,}={0,2}):$/.exec(header) ?? []
  if (base64 === undefined) return undefined
  const bytes = Buffer.from(base64, 'base64')
  return bytes.toString('base64') === base64 ? bytes : undefined
}

function parse(der: Uint8Array): X509Certificate | undefined {
  // PEM would be read as well.
  if (der[0] !== 0x30) return undefined
  try {
    const certificate = new X509Certificate(der)
    // Bytes behind the certificate are passed over by the parser: they would give one certificate many digests.
    return certificate.raw.equals(der) ? certificate : undefined
  } catch {
    return undefined
  }
}

/** Read attribute by attribute, one a line and from the root down; RFC 4514 §2.1 begins at the other end. */
function subjectOf(certificate: X509Certificate): string {
  // The type has it otherwise, but a certificate may name nobody.
  const subject = certificate.subject as string | undefined
  return (subject ?? '').split('\n').toReversed().join(',').replaceAll(' + ', '+')
}
