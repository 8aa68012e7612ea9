// A certificate and its key, read together and judged as one: what does not fit, or is not valid now, is no material.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'

export interface TlsPaths {
  readonly certificate: string
  readonly key: string
}

export interface TlsMaterial {
  /** PEM: the gate's own certificate first, then those between it and the authority's. */
  readonly certificate: string
  readonly key: string
  /** Epoch milliseconds. */
  readonly expires: number
}

/** Of what the files hold, without reading them: another as soon as either was changed or replaced. */
export function stampOf({ certificate, key }: TlsPaths): string {
  return [certificate, key].map(stampOfFile).join(' ')
}

function stampOfFile(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false })
  return found ? [path, found.dev, found.ino, found.size, found.mtimeMs, found.ctimeMs].join(':') : `${path}: none`
}

/** A sentence where it will not do. It names no path's content. */
export function readMaterial(paths: TlsPaths, now: number): TlsMaterial | string {
  const certificate = readText(paths.certificate)
  if (certificate === undefined) return `${paths.certificate} cannot be read`
  const key = readText(paths.key)
  if (key === undefined) return `${paths.key} cannot be read`
  const leaf = leafOf(certificate)
  if (!leaf) return `${paths.certificate} is not a chain of certificates in PEM`
  if (!fits(leaf, key)) {
    return `the key in ${paths.key} does not fit the first certificate in ${paths.certificate}, or has a passphrase`
  }
  const [from, expires] = [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)]
  // The negations, so that a date that cannot be read is no date of now.
  if (!(now >= from)) return `the certificate in ${paths.certificate} is valid only from ${dayOf(from)}`
  if (!(now <= expires)) return `the certificate in ${paths.certificate} expired on ${dayOf(expires)}`
  return { certificate, key, expires }
}

export const dayOf = (moment: number): string =>
  Number.isFinite(moment) ? new Date(moment).toISOString().slice(0, 10) : 'a day that cannot be read'

const LARGEST = 1024 * 1024

function readText(path: string): string | undefined {
  try {
    // A pipe or a device would hold up every request.
    const { size } = statSync(path)
    return size > 0 && size <= LARGEST ? readFileSync(path, 'utf8') : undefined
  } catch {
    return undefined
  }
}

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** The first of the chain, once all of it could be read: a half-written file has a first one, too. */
function leafOf(pem: string): X509Certificate | undefined {
  const blocks = pem.match(BLOCK) ?? []
  if (blocks.length !== pem.split('-----BEGIN ').length - 1) return undefined
  try {
    return blocks.map((block) => new X509Certificate(block))[0]
  } catch {
    return undefined
  }
}

function fits(leaf: X509Certificate, key: string): boolean {
  try {
    return leaf.checkPrivateKey(createPrivateKey(key))
  } catch {
    return false
  }
}
