// The gateway's own certificate: readable, with its key, in time, and for the name that `public:` promises.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { readMaterial } from '#gateway/tls-material.ts'
import { otherNames } from '#gateway/tls-names.ts'
import { count, type Finding, ok, warn, wrong } from './finding.ts'

const DAY = 86_400_000
const SOON_DAYS = 14

export async function checkCertificate(
  tls: { readonly certificate: string; readonly key: string },
  origin: URL | undefined,
  now: number,
): Promise<readonly Finding[]> {
  const certificate = await readCertificate(tls.certificate)
  if (certificate === undefined) {
    return [
      wrong(
        'tls',
        tls.certificate,
        'holds no certificate that can be read',
        'Put the chain there as PEM, its own certificate first.',
      ),
    ]
  }
  const found = [
    await keyOf(certificate, tls.key),
    expiryOf(certificate, tls.certificate, now),
    ...(origin ? [namesOf(certificate, origin)] : []),
  ]
  // The gate's own word is the last: what it would not take is wrong, whatever was found here.
  const material = readMaterial(tls, now)
  if (typeof material !== 'string' || found.some(({ verdict }) => verdict === 'wrong')) return found
  return [
    wrong(
      'tls',
      tls.certificate,
      `would not be taken: ${material}`,
      'Put the chain there as PEM, its own certificate first.',
    ),
  ]
}

async function readCertificate(path: string): Promise<X509Certificate | undefined> {
  try {
    return new X509Certificate(await readFile(path))
  } catch {
    return undefined
  }
}

async function keyOf(certificate: X509Certificate, path: string): Promise<Finding> {
  try {
    const key = createPrivateKey(await readFile(path))
    if (certificate.checkPrivateKey(key)) return ok('tls', path, 'is the key of the certificate')
  } catch {
    return wrong(
      'tls',
      path,
      'holds no private key that can be read',
      'Put the key there as PEM, without a passphrase, mode 0600.',
    )
  }
  return wrong(
    'tls',
    path,
    'is not the key of the certificate',
    'Put the key there with which the certificate was asked for.',
  )
}

function expiryOf({ validFrom, validTo }: X509Certificate, path: string, now: number): Finding {
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)]
  const day = new Date(to).toISOString().slice(0, 10)
  const left = Math.floor((to - now) / DAY)
  const renew = 'Put a new one there; it is taken up without a restart.'
  if (now >= to)
    return wrong('tls', path, `expired on ${day}, ${count(Math.floor((now - to) / DAY), 'day')} ago`, renew)
  if (now < from) {
    return wrong(
      'tls',
      path,
      `is not valid before ${new Date(from).toISOString()}`,
      'Wait, or look whether the clock of this machine is wrong.',
    )
  }
  const said = `valid until ${day}, ${count(left, 'day')} left`
  return left < SOON_DAYS ? warn('tls', path, said, renew) : ok('tls', path, said)
}

function namesOf(certificate: X509Certificate, { hostname }: URL): Finding {
  const name = hostname.replace(/^\[|\]$/g, '')
  const names = otherNames(certificate, hostname)
  if (names === undefined) return ok('tls', name, 'is a name of the certificate')
  return wrong(
    'tls',
    name,
    `is what public: says, but the certificate is for ${names}`,
    `Get a certificate for ${name}, or write public: with the name that it has.`,
  )
}
