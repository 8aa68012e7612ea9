// Texts as inspectors see them: every string of a request, an answer or an event, with what may be done to it.

/** The bytes from `start` up to `end`, not included, become `with`. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly with: Uint8Array
}

/** The characters from `start` up to `end`, not included, become `with`. UTF-16 units of a text's value. */
export interface Redaction {
  readonly start: number
  readonly end: number
  readonly with: string
}

/**
 * `text` is read as it stands. `json` is a JSON document in a string, such as a tool call's arguments: of a stream, it
 * is judged when it is complete. `signed` may be read, and must not be changed. `sealed` is encrypted: nobody here can read it.
 * `numbers` are packed in base64: what could be read as a text in them is looked for in the writing alone. `media` is base64, alone or in a `data:` URL: its bytes can be looked at, its pictures and sounds cannot.
 */
export type TextRole = 'text' | 'json' | 'signed' | 'sealed' | 'numbers' | 'media'

export interface Text {
  /** A JSON pointer. Keys that are not plain names show as `*`: they are somebody's text, and a place is told and recorded. */
  readonly place: string
  readonly value: string
  readonly role: TextRole
  /** The name under which it stands, where people choose names: `password` says what the value is. */
  readonly label?: string | undefined
  /** In a stream: pieces of one lane are one text, in order. Without a lane, a text is complete in itself. */
  readonly lane?: string | undefined
  /** Texts of one group are read one behind the other, as one: content parts of a message, blocks of an answer. */
  readonly group?: string | undefined
  /** As bytes of the body or event that it was read from. MUST NOT be asked of a text that is `signed` or `sealed`. In order, without overlaps. */
  edits(redactions: readonly Redaction[]): readonly Edit[]
}
