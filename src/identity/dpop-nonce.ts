// Nonces for DPoP proofs (RFC 9449 section 8), so that none can be made in advance. Nothing is kept of them: each is the time it is
// for, under a secret that all workers share.
import { createHmac, timingSafeEqual } from 'node:crypto'

export interface DpopNonces {
  /** For whoever makes the next proof. */
  current(): string
  /** Whether it was handed out within the last two minutes. */
  accepts(nonce: string): boolean
}

const PERIOD_MS = 60_000

/** `secret`: at least 32 bytes that only the workers know. */
export function makeDpopNonces(secret: Uint8Array, now: () => number): DpopNonces {
  if (secret.byteLength < 32) throw new RangeError('the secret of the nonces has less than 32 bytes')
  const made = new Map<number, string>()
  const nonceOf = (period: number): string => {
    const known = made.get(period)
    if (known !== undefined) return known
    const nonce = createHmac('sha256', secret).update(`sallyport dpop nonce ${period}`).digest('base64url')
    for (const old of made.keys()) if (Math.abs(old - period) > 2) made.delete(old)
    made.set(period, nonce)
    return nonce
  }
  const period = (): number => Math.floor(now() / PERIOD_MS)
  return {
    current: () => nonceOf(period()),
    accepts(nonce) {
      const at = period()
      // The next one, too: it is from a machine whose clock is a little ahead.
      return [at, at - 1, at + 1].some((each) => isSame(nonceOf(each), nonce))
    },
  }
}

function isSame(ours: string, theirs: string): boolean {
  const [left, right] = [Buffer.from(ours), Buffer.from(theirs)]
  return left.length === right.length && timingSafeEqual(left, right)
}
