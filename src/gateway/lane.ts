// One text of a stream, and its pieces. What is found is put into the pieces where it stands, until they leave.
import type { Notice } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import type { Redaction, Text } from '#access/text.ts'
import type { Tail } from './seam.ts'

/** One piece of a lane, waiting. */
export interface LanePiece {
  readonly text: Text
  /** Whether nothing that is still to come can change it. */
  settled(): boolean
  /** What is to be taken out of it; whole once it is settled. */
  readonly redactions: readonly Redaction[]
  /** What was taken out of it, or of it and pieces behind it. */
  readonly notices: readonly Notice[]
}

export interface Lane {
  push(piece: HeldPiece): void
  end(): void
  /** Behind its end: the match that reaches it, if there is one, and it is longer than what is remembered of it. */
  inside(length: number): Pick<Tail, 'open'>
}

/** As its lane sees it: with its place in the lane, in UTF-16 units. */
export interface HeldPiece extends LanePiece {
  readonly start: number
  readonly end: number
  readonly redactions: Redaction[]
  readonly notices: Notice[]
}

export const wrongAnswer = (what: string): Refusal =>
  new Refusal('provider_answer_invalid', { message: `The provider's answer ${what}.` })
