// Certificates for tests: an authority made on the spot, and what it signs. None is trusted anywhere else.
import * as x509 from '@peculiar/x509'

export interface Certificate {
  /** PEM. */
  readonly certificate: string
  /** PEM, PKCS #8. */
  readonly key: string
}

export interface CertificateOptions {
  /** DNS names and IP addresses that it is for. */
  readonly names: readonly string[]
  readonly notBefore?: Date
  readonly notAfter?: Date
}

export interface Authority {
  /** PEM of its own certificate. */
  readonly certificate: string
  issue(options: CertificateOptions): Promise<Certificate>
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const HOUR = 3_600_000

export async function makeAuthority(name = 'Test Authority'): Promise<Authority> {
  const keys = await keyPair()
  const own = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: `CN=${name}`,
    notBefore: new Date(Date.now() - 48 * HOUR),
    notAfter: new Date(Date.now() + 48 * HOUR),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, 1, true)],
  })
  let serial = 1
  return {
    certificate: own.toString('pem'),
    async issue({ names, notBefore, notAfter }) {
      const leaf = await keyPair()
      serial += 1
      const made = await x509.X509CertificateGenerator.create({
        serialNumber: serial.toString(16).padStart(2, '0'),
        issuer: own.subject,
        subject: `CN=${names[0]}`,
        notBefore: notBefore ?? new Date(Date.now() - HOUR),
        notAfter: notAfter ?? new Date(Date.now() + HOUR),
        signingAlgorithm: ALGORITHM,
        publicKey: leaf.publicKey,
        signingKey: keys.privateKey,
        extensions: [
          new x509.BasicConstraintsExtension(false),
          new x509.SubjectAlternativeNameExtension(
            names.map((value) => ({ type: /^[\d.]+$|:/.test(value) ? 'ip' : 'dns', value })),
          ),
        ],
      })
      return { certificate: made.toString('pem'), key: await pemOf(leaf.privateKey) }
    },
  }
}

const keyPair = (): Promise<CryptoKeyPair> => crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])

async function pemOf(key: CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', key)).toString('base64')
  return `-----BEGIN PRIVATE KEY-----\n${der.match(/.{1,64}/g)?.join('\n')}\n-----END PRIVATE KEY-----\n`
}
