// Makes keys' texts: `sp_<id>_<secret>`, letters and digits only.
import { createHash } from 'node:crypto'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
/** 62 letters fit four times into a byte; a byte beyond would make the first letters likelier, and is not taken. */
const FAIR = 248

const ID_LENGTH = 12
/** 256 bits. */
const SECRET_LENGTH = 43

export interface MadeSecret {
  readonly text: string
  /** What is kept of it. */
  readonly sha256: Uint8Array
}

/** Returns that many bytes that nobody can guess. */
export type Random = (length: number) => Uint8Array

export const makeKeyId = (random: Random): string => letters(ID_LENGTH, random)

/** The text of a key with this id and a new secret. */
export function makeSecret(id: string, random: Random): MadeSecret {
  const secret = letters(SECRET_LENGTH, random)
  return { text: `sp_${id}_${secret}`, sha256: new Uint8Array(createHash('sha256').update(secret).digest()) }
}

function letters(length: number, random: Random): string {
  let text = ''
  while (text.length < length) {
    for (const byte of random(length)) {
      if (byte < FAIR && text.length < length) text += ALPHABET.charAt(byte % ALPHABET.length)
    }
  }
  return text
}
