import type { Text } from '#access/text.ts'

/** Letters and digits of a credential alone could be base64 by chance: media as short as one are read as text, too. */
export function bothWays(texts: readonly Text[]): readonly Text[] {
  return texts.some(isShortMedia)
    ? texts.flatMap((text) => (isShortMedia(text) ? [text, asText(text)] : [text]))
    : texts
}

const isShortMedia = ({ role, value }: Text): boolean =>
  role === 'media' && value.length <= 1024 && !/^data:/i.test(value)

const asText = (text: Text): Text => ({ ...text, role: 'text' })
