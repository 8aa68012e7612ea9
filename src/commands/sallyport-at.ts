// Does a Sallyport hold this port? Asked over TLS and plainly, since a port says of neither what it speaks.
import { systemClock } from '#lib/clock.ts'
import { systemResolve } from '#upstream/addresses.ts'
import { makeDialer } from '#upstream/dial.ts'
import { type Look, looker } from '#upstream/look.ts'

const PATIENCE_MS = 2_000

const now = (): number => systemClock.now()

/** For what has no way out of its own. */
export const ownLook = (): Look => looker(makeDialer({ resolve: systemResolve, now }), now)

export async function isSallyportAt(host: string, port: number, look: Look): Promise<boolean> {
  // Who listens everywhere is reached here.
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  const place = `${reached.includes(':') ? `[${reached}]` : reached}:${port}`
  const seen = await Promise.all([
    look({ url: `https://${place}/healthz`, within: PATIENCE_MS, anyCertificate: true }),
    look({ url: `http://${place}/healthz`, within: PATIENCE_MS }),
  ])
  return seen.some((each) => each.ok && each.headers.has('x-sallyport-exchange'))
}
