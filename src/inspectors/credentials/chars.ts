// Sets of ASCII characters as tables: one load tells whether a character belongs.

/** 128 flags, one a character code. */
export type Chars = Uint8Array

/** `chars('A-Z', '0-9', '_-')`: ranges are exactly three characters with a hyphen between; all else is single characters. */
export function chars(...parts: readonly string[]): Chars {
  const flags = new Uint8Array(128)
  for (const part of parts) {
    const range = part.length === 3 && part[1] === '-'
    if (range) flags.fill(1, part.charCodeAt(0), part.charCodeAt(2) + 1)
    else for (let at = 0; at < part.length; at += 1) flags[part.charCodeAt(at)] = 1
  }
  return flags
}

export const has = (set: Chars, code: number): boolean => code < 128 && set[code] === 1

export const DIGIT = chars('0-9')
export const HEX = chars('0-9', 'a-f', 'A-F')
export const LOWER_HEX = chars('0-9', 'a-f')
export const LETTER = chars('A-Z', 'a-z')
export const ALNUM = chars('A-Z', 'a-z', '0-9')
export const LOWER_ALNUM = chars('a-z', '0-9')
export const UPPER_ALNUM = chars('A-Z', '0-9')
export const WORD = chars('A-Z', 'a-z', '0-9', '_')
export const BASE64URL = chars('A-Z', 'a-z', '0-9', '_-')
export const BASE64 = chars('A-Z', 'a-z', '0-9', '+/')
export const BASE64_PADDED = chars('A-Z', 'a-z', '0-9', '+/=_-')
