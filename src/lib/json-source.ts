// A body as characters, each byte one of them: a place in the one is the same place in the other. The runtime finds one of
// several characters in a string, and cuts a part out of it uncopied, for a fraction of what that costs of bytes.
import { type Buffer, isAscii } from 'node:buffer'

export interface JsonSource {
  /** The whole body, of sound UTF-8. It MUST NOT change while a node of it is in use. */
  readonly bytes: Buffer
  /** Whether each byte is a character in truth; undefined until somebody asked. */
  ascii: boolean | undefined
  /** Made when the first long string is read. */
  characters: string | undefined
}

export const sourceOf = (bytes: Buffer): JsonSource => ({ bytes, ascii: undefined, characters: undefined })

// Beyond ASCII, the characters serve to find ends of strings alone, and that is not worth any amount of memory.
const MOST_OTHERS = 4 * 1024 * 1024

/** Undefined where it would not be worth it. */
export function charactersOf(source: JsonSource): string | undefined {
  if (source.characters !== undefined) return source.characters
  const { bytes } = source
  source.ascii ??= isAscii(bytes)
  if (source.ascii || bytes.length <= MOST_OTHERS) source.characters = bytes.toString('latin1')
  return source.characters
}
