import type { Text } from '#access/text.ts'

/** Letters and digits of a credential alone could be base64 by chance: media as short as one are read as text, too. */
export function* bothWays(texts: Iterable<Text>): Generator<Text, void> {
  for (const text of texts) {
    yield text
    if (text.role === 'media' && isShort(text.value)) yield { ...text, role: 'text' }
  }
}

const isShort = (value: string): boolean => value.length <= 1024 && !/^data:/i.test(value)
