// What judges texts. An inspector sees each text as a lane of pieces, cut anywhere, and holds back no more than it must:
// what it finds never depends on where the cuts were.

/** Where something was found: offsets from the lane's first character, in UTF-16 units. */
export interface Match {
  readonly start: number
  readonly end: number
  /** The kind alone, such as `aws-access-key`: safe to show to anybody. */
  readonly kind: string
  /** True where this goes on a match that was given before: together they are one. */
  readonly continues: boolean
}

export interface Scanned {
  /** What has become certain by this piece, in order, without overlaps. */
  readonly matches: readonly Match[]
  /** Of what stands before this offset, nothing can change any more, whatever follows. Never moves back. */
  readonly settled: number
}

/** One lane, from its first character to its last. */
export interface Scanner {
  /** Throws nothing for any text. What is not settled is at most `heldBack` of the inspector, in UTF-16 units. */
  push(piece: string): Scanned
  /** Nothing follows: all is settled. MUST be called once, and nothing after it. */
  finish(): Scanned
}

export interface Inspector {
  readonly name: string
  /** The most that a scanner leaves unsettled, in UTF-16 units. */
  readonly heldBack: number
  open(): Scanner
  /** Whether a scanner would surely find nothing in this whole text. Quick, and never wrong with a yes; a no says nothing. */
  isClean(text: string): boolean
}
