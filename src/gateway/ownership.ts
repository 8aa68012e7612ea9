// Whose it is what a provider holds: of whoever caused it, and of the session that it was caused in, where that was declared.
// What a plain token made is the person's, whichever conversation it was made in.
import { isSame, originOf, type Principal } from '#access/principal.ts'
import type { MadeBy } from '#access/provider-ids.ts'

const IMPLICIT = 'implicit/'

/** As it is kept with an id that a provider made. */
export function sessionMark({ session }: Principal): string | undefined {
  if (!session) return undefined
  return session.kind === 'declared' ? session.id : `${IMPLICIT}${session.id}`
}

/** Of the conversation that something was made in, where that was no declared session. */
export const implicitOf = ({ session }: MadeBy): string | undefined =>
  session?.startsWith(IMPLICIT) ? session.slice(IMPLICIT.length) : undefined

const declaredOf = (mark: string | undefined): string | undefined => (mark?.startsWith(IMPLICIT) ? undefined : mark)

export const isOwn = (made: MadeBy, principal: Principal): boolean =>
  isOwnedBy(made, { principal: originOf(principal), session: sessionMark(principal) })

interface Owner {
  readonly principal: MadeBy['principal']
  /** As `sessionMark` says. */
  readonly session: string | undefined
}

export const isOwnedBy = (made: Pick<MadeBy, 'principal' | 'session'>, { principal, session }: Owner): boolean =>
  isSame(made.principal, principal) && declaredOf(made.session) === declaredOf(session)

/** The same person's, of another session than the one that asks: what a session made must not pass into another. */
export const isMixed = (made: MadeBy, principal: Principal): boolean =>
  principal.session?.kind === 'declared' &&
  declaredOf(made.session) !== undefined &&
  isSame(made.principal, originOf(principal)) &&
  !isOwn(made, principal)
