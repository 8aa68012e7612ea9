// Grants are ceilings: an access must lie within every grant of every link of its chain, whatever policy permits.
import type { Access } from '#access/access.ts'
import type { Grounds } from '#access/decision.ts'
import type { Grant } from '#access/grant.ts'
import type { Principal } from '#access/principal.ts'
import { isTrusted } from '#access/task.ts'

/**
 * The first grant that does not contain the access, and what it lacks; undefined where all do. Grants speak of models:
 * what is no use of a model (to read one's own record) is within each.
 */
export function beyondGrants({ principal, action, resource }: Access): Grounds['beyond'] {
  if (resource.type !== 'Model') return undefined
  const { session } = principal
  if (session?.kind === 'declared' && session.tier === 3 && !isTrusted(session.trust, action)) {
    return { grant: `session ${session.id}, which is ${session.trust} so far,`, lacks: 'trust' }
  }
  for (let link: Principal | undefined = principal; link; link = link.onBehalfOf) {
    const lacking = link.grants && lackingIn(link.grants, resource.id, action)
    if (lacking) return lacking
  }
  return undefined
}

function lackingIn(grants: readonly Grant[], model: string, action: string): Grounds['beyond'] {
  for (const { of, models, actions } of grants) {
    if (!models.has(model)) return { grant: of, lacks: 'model' }
    if (!actions.has(action)) return { grant: of, lacks: 'action' }
  }
  return undefined
}
