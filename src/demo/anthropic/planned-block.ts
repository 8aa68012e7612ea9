// A block of an answer, before it is printed whole or streamed.

export type PlannedBlock =
  | { readonly kind: 'thinking'; readonly pieces: readonly string[]; readonly signature: string }
  | { readonly kind: 'text'; readonly pieces: readonly string[]; readonly citations: readonly object[] }
  /** What is left of a conversation: one piece, of which a stream gives no parts. */
  | { readonly kind: 'compaction'; readonly pieces: readonly string[] }
  /** A call: all its fields but `input`, whose JSON comes in pieces, exactly as it was written. */
  | { readonly kind: 'call'; readonly fields: object; readonly pieces: readonly string[] }
  /** A block that a stream gives whole. */
  | { readonly kind: 'fixed'; readonly block: object }
