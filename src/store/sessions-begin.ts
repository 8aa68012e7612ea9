// How a session is written down. One that is made below another belongs to its family: the same eldest, hence the same labels.
import { Refusal } from '#access/refusal.ts'
import type { Session } from '#access/session.ts'
import { firstTrust, linksOf, printSession } from './session-row.ts'
import type { SessionStatements } from './sessions-statements.ts'

/** Sessions below one another: a call counts in all of them. */
const MOST_DEPTH = 8

/** `conversation`: the key of an implicit one. MUST run in a transaction that holds the write lock. */
export function beginning(statements: SessionStatements): (session: Session, conversation?: Uint8Array) => void {
  return (session, conversation) => {
    const { id, parent, client, bounds, began } = session
    const links = linksOf(session)
    // SQLite would keep every half of a surrogate pair as the same character.
    if (![id, parent ?? '', client ?? '', ...links].every((text) => text.isWellFormed()))
      throw new Refusal('not_ready', { message: 'A session whose names are no valid text cannot be kept.' })
    const { root, depth } = placeOf(statements, session)
    const { expires, idle, tokens, calls, clean } = bounds
    statements.insert.run({
      $id: id,
      $root: root,
      $depth: depth,
      $parent: parent ?? null,
      $client: client ?? null,
      $conversation: conversation ?? null,
      $expires: expires,
      $idle: idle,
      $tokens: tokens,
      $calls: calls,
      $clean: clean,
      $trust: firstTrust(session),
      $began: began,
      $due: Math.min(expires, began + idle),
      $declared: printSession(session),
    })
    for (const link of links) statements.link.run(link, id)
  }
}

function placeOf(statements: SessionStatements, { id, parent }: Session): { root: string; depth: number } {
  if (parent === undefined) return { root: id, depth: 0 }
  const above = statements.above.get(parent)
  if (above === null || above.ended_why !== null)
    throw new Refusal('session_ended', { message: 'The session that it would belong to has ended.' })
  if (above.depth >= MOST_DEPTH)
    throw new Refusal('not_permitted', { message: `Sessions can stand below one another ${MOST_DEPTH} deep.` })
  return { root: above.root, depth: above.depth + 1 }
}
