// Signatures of thinking blocks: the same for the same words, and checked when a block of ours comes back, so that an
// edited one is found out. Signatures that are plainly not ours are let through.
import { createHash } from 'node:crypto'
import { blocksOf, type CountRequest } from './messages-request.ts'

// Base64 of what every signature of ours begins with; 15 bytes, so that nothing of the digest mixes in.
const OURS = Buffer.from('demo-signature:').toString('base64')

/** Signs what is shown: thinking whose display is omitted is signed as empty. */
export function signatureOf(thinking: string): string {
  return OURS + createHash('sha256').update(thinking).digest('base64')
}

/** Redacted thinking: opaque, and the same for the same words. */
export function redactedOf(thinking: string): string {
  return createHash('sha512').update(`redacted:${thinking}`).digest('base64')
}

/** Where the first thinking block stands that was signed here and changed since. */
export function findEdited({ messages }: CountRequest): string | undefined {
  for (const [index, message] of messages.entries()) {
    for (const [position, block] of blocksOf(message.content).entries()) {
      const { signature, thinking } = block
      if (block.type !== 'thinking' || typeof signature !== 'string' || !signature.startsWith(OURS)) continue
      if (signature !== signatureOf(typeof thinking === 'string' ? thinking : '')) {
        return `messages.${index}.content.${position}`
      }
    }
  }
  return undefined
}
