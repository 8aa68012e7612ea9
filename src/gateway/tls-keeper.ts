// Which certificate is served with, and when it is time for another. Asked every second; files are read only when they, or
// the paths in the bundle in force, have changed. What will not do is never taken: the old one stays until it does.
import { otherNames } from './tls-names.ts'
import { dayOf, readMaterial, stampOf, type TlsMaterial, type TlsPaths } from './tls-material.ts'

export interface TlsSource {
  /** As the bundle in force has it. */
  paths(): TlsPaths | undefined
  /** By which callers reach the gate, as the bundle in force has it: a host, IPv6 in brackets. */
  host(): string
  now(): number
  say(line: string): void
}

export interface TlsKeeper {
  readonly first: TlsMaterial
  /** Calls `take` with what is to be served from now on, where it is new. What `take` throws is said, and the old one stays. */
  look(take: (material: TlsMaterial) => void): void
}

const DAY = 86_400_000
const SOON = 14 * DAY

/** The certificate with which a gateway cannot start. */
export class TlsFault extends Error {
  override readonly name = 'TlsFault'
}

/** Throws TlsFault. */
export function keepTls(source: TlsSource, start: TlsPaths): TlsKeeper {
  let paths = start
  let stamp = stampOf(paths)
  const first = readMaterial(paths, source.now())
  if (typeof first === 'string') throw new TlsFault(`${first} (\`listen.tls\`)`)
  let current = first
  let suspect: { readonly stamp: string; readonly said?: string } | undefined
  let reminded = Number.NEGATIVE_INFINITY

  const remind = (): void => {
    const now = source.now()
    const left = current.expires - now
    if (left > SOON || now - reminded < DAY) return
    reminded = now
    const day = dayOf(current.expires)
    if (left <= 0)
      source.say(`the certificate of \`listen.tls\` expired on ${day}: clients refuse it; replace its files`)
    else source.say(`the certificate of \`listen.tls\` expires on ${day}, in ${inDays(left)}: replace its files`)
  }

  let compared: { readonly material: TlsMaterial; readonly host: string } | undefined
  /** Whoever calls by that name refuses it; a health check by address may not. So it is said, and taken. */
  const compareNames = (): void => {
    const host = source.host()
    if (compared?.material === current && compared.host === host) return
    compared = { material: current, host }
    const names = otherNames(current.certificate, host)
    if (names === undefined) return
    source.say(
      `the certificate of \`listen.tls\` is for ${names}, and not for ${host} of \`public:\`: clients that call by that name refuse it`,
    )
  }

  const refuse = (why: string): void =>
    source.say(
      `the new certificate was not taken, because ${why}; the old one stays, valid until ${dayOf(current.expires)}`,
    )

  remind()
  compareNames()
  return {
    first,
    look(take) {
      remind()
      compareNames()
      paths = source.paths() ?? paths
      const seen = stampOf(paths)
      if (seen === stamp) return
      const found = readMaterial(paths, source.now())
      if (typeof found === 'string') {
        // Two files are not replaced at one moment: said only when it was so at two looks, and once. Read again each time,
        // since a certificate that begins tomorrow is right tomorrow.
        if (seen === suspect?.stamp && found !== suspect.said) {
          suspect = { stamp: seen, said: found }
          refuse(found)
        } else if (seen !== suspect?.stamp) suspect = { stamp: seen }
        return
      }
      stamp = seen
      suspect = undefined
      if (found.certificate === current.certificate && found.key === current.key) return
      try {
        take(found)
      } catch (error) {
        return refuse(error instanceof Error ? error.message : String(error))
      }
      current = found
      reminded = Number.NEGATIVE_INFINITY
      const until = dayOf(current.expires)
      source.say(
        `the certificate was replaced; the new one is valid until ${until} (the old one may be shown for some seconds yet)`,
      )
      remind()
      compareNames()
    },
  }
}

const inDays = (ms: number): string => {
  const days = Math.floor(ms / DAY)
  return days === 0 ? 'less than a day' : `${days} ${days === 1 ? 'day' : 'days'}`
}
