// One text of a stream, and its pieces. What is found is put into the pieces where it stands, until they leave.
import type { Notice } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import type { Redaction, Text } from '#access/text.ts'
import type { Tail } from './seam.ts'

/** One piece of a lane, waiting. */
export interface LanePiece {
  readonly text: Text
  /** How much of the lane nothing that is still to come can change, in UTF-16 units. */
  readonly settledTo: { readonly at: number }
  /** Where it ends in the lane. */
  readonly end: number
  /** What is to be taken out of it; whole once it is settled. Most pieces have nothing of the kind. */
  readonly redactions?: readonly Redaction[] | undefined
  /** What was taken out of it, or of it and pieces behind it. */
  readonly notices?: readonly Notice[] | undefined
}

/** Whether nothing that is still to come can change it. */
export const isSettled = ({ settledTo, end }: LanePiece): boolean => settledTo.at >= end

export interface Lane {
  push(piece: HeldPiece): void
  /** Reads what was pushed since: until then nothing of it is settled. */
  read(): void
  end(): void
  /** Behind its end: the match that reaches it, if there is one, and it is longer than what is remembered of it. */
  inside(length: number): Pick<Tail, 'open'>
}

/** As its lane sees it: with its place in the lane, in UTF-16 units. */
export interface HeldPiece extends LanePiece {
  readonly start: number
  redactions: Redaction[] | undefined
  notices: Notice[] | undefined
}

export const takeOut = (piece: HeldPiece, redaction: Redaction): void => void (piece.redactions ??= []).push(redaction)

export const tell = (piece: HeldPiece, notices: readonly Notice[]): void => void (piece.notices ??= []).push(...notices)

export const wrongAnswer = (what: string): Refusal =>
  new Refusal('provider_answer_invalid', { message: `The provider's answer ${what}.` })
