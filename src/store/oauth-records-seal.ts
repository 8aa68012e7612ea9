// What is kept of a code, a refresh token or a login's cookie: their digest to find them by, and what belongs to them sealed with a key
// that only whoever shows them can make (AES-256-GCM). A copy of the file gives nobody a token, nor whose it was.
import { createCipheriv, createDecipheriv, createHmac, hash } from 'node:crypto'

const NONCE = 12
const TAG = 16

/** To be found by. Another one for each model, though a model's id be another's uid. */
export const digestOf = (model: string, what: string, secret: string): Uint8Array =>
  hash('sha256', JSON.stringify(['find', model, what, secret]), 'buffer')

const keyOf = (model: string, what: string, secret: string): Uint8Array =>
  hash('sha256', JSON.stringify(['seal', model, what, secret]), 'buffer')

/** The nonce is made of the text (RFC 5297's idea): under one key no nonce ever serves two texts. */
export function seal(model: string, what: string, secret: string, text: string): Uint8Array {
  const key = keyOf(model, what, secret)
  const nonce = createHmac('sha256', key).update(text).digest().subarray(0, NONCE)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
}

/** Throws for what was not sealed with this secret, or was changed since. */
export function unseal(model: string, what: string, secret: string, sealed: Uint8Array): string {
  const decipher = createDecipheriv('aes-256-gcm', keyOf(model, what, secret), sealed.subarray(0, NONCE), {
    authTagLength: TAG,
  })
  decipher.setAuthTag(sealed.subarray(NONCE, NONCE + TAG))
  return Buffer.concat([decipher.update(sealed.subarray(NONCE + TAG)), decipher.final()]).toString('utf8')
}
