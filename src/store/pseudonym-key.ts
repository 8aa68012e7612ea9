// The key of the pseudonyms that providers see, `keys/pseudonym.key`: with another one every person would be a new one to every provider.
import { keptKey } from './kept-key.ts'

/** 32 bytes: see `keptKey`. */
export const pseudonymKey = (keys: string, random: (length: number) => Uint8Array): Promise<Uint8Array> =>
  keptKey(keys, { file: 'pseudonym.key', name: 'The key of the pseudonyms' }, random)
