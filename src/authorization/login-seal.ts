// What a browser carries while somebody logs in elsewhere: sealed, so that nobody reads or changes it, and nothing of it is kept
// here. It is bound to its purpose: what was sealed for one cannot be opened for another.
import { hkdfSync } from 'node:crypto'
import { EncryptJWT, jwtDecrypt } from 'jose'
import type { Clock } from '#lib/clock.ts'

export interface Seal {
  /** `content` is flat and small: the result is a cookie's or a form field's value. */
  close(purpose: string, content: Readonly<Record<string, string>>, ms: number): Promise<string>
  /** Undefined where it is not ours, was meant for something else, or is too old. */
  open(purpose: string, sealed: string): Promise<Readonly<Record<string, string>> | undefined>
}

/** `secret`: at least 32 bytes that only processes of this state directory know. */
export function makeSeal(secret: Uint8Array, clock: Pick<Clock, 'now'>): Seal {
  if (secret.byteLength < 32) throw new Error('the secret that logins are sealed with has less than 32 bytes')
  const key = new Uint8Array(hkdfSync('sha256', secret, '', 'sallyport login seal', 32))
  return {
    close: (purpose, content, ms) =>
      new EncryptJWT({ ...content })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .setAudience(purpose)
        .setExpirationTime(Math.floor((clock.now() + ms) / 1000))
        .encrypt(key),
    async open(purpose, sealed) {
      try {
        const { payload } = await jwtDecrypt(sealed, key, {
          audience: purpose,
          requiredClaims: ['exp'],
          currentDate: new Date(clock.now()),
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
        })
        const entries = Object.entries(payload).flatMap(([name, value]) =>
          typeof value === 'string' && name !== 'aud' ? [[name, value] as const] : [],
        )
        return Object.fromEntries(entries)
      } catch {
        return undefined
      }
    },
  }
}
