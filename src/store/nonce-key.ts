// The key of the nonces that proofs must hold (RFC 9449 section 8), `keys/nonce.key`: all workers make and know the same nonces. Whoever
// replaces it makes every caller ask for a new nonce once.
import { keptKey } from './kept-key.ts'

/** 32 bytes: see `keptKey`. */
export const nonceKey = (keys: string, random: (length: number) => Uint8Array): Promise<Uint8Array> =>
  keptKey(keys, { file: 'nonce.key', name: 'The key of the nonces' }, random)
