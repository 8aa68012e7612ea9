// What a plain token's request goes on from: whoever names something that was made in another conversation shows this one what that
// one had seen. A declared session has nothing of others: what they made is not its own.
import type { Principal } from '#access/principal.ts'
import type { Reading } from '#access/protocol.ts'
import type { ModelConfig } from '#policy/bundle/config.ts'
import type { Exchange } from './exchange.ts'
import { implicitOf, isOwn } from './ownership.ts'
import type { Before } from './session-of.ts'

type Named = Pick<Reading, 'acts' | 'mentions'>

/** Undefined where it names nothing. What others made counts for nothing: it is refused, or was never there. */
export function goneOnFrom(
  named: Named,
  principal: Principal,
  exchange: Pick<Exchange, 'id' | 'active' | 'madeBy'>,
): Before | undefined {
  const { acts, mentions = [] } = named
  return mentions.length > 0 || acts.some(isNamed) ? before({ acts, mentions }, principal, exchange) : undefined
}

const isNamed = ({ id }: Reading['acts'][number]): boolean => id !== undefined

function before(
  { acts, mentions }: Required<Named>,
  principal: Principal,
  { id: exchange, active, madeBy }: Pick<Exchange, 'id' | 'active' | 'madeBy'>,
): Before {
  const { models, providers } = active.bundle.config
  const sessions = new Set<string>()
  const labels = new Set<string>()
  const keeps = new Set<string>()
  const written = new Set(acts.flatMap((act) => (act.id !== undefined && isWritten(act) ? [act.id] : [])))
  const ids = new Set([...acts, ...mentions].flatMap(({ id }) => (id === undefined ? [] : [id])))
  for (const id of ids) {
    for (const provider of providers.keys()) {
      const made = madeBy(provider, id)
      if (!made || !isOwn(made, principal)) continue
      for (const label of labelsOf(models.get(made.model))) labels.add(label)
      const session = implicitOf(made)
      if (session === undefined) continue
      sessions.add(session)
      if (written.has(id)) keeps.add(session)
    }
  }
  return { sessions: [...sessions], labels: [...labels], keeps: [...keeps], exchange }
}

const labelsOf = (model: ModelConfig | undefined): readonly string[] => model?.system.labels ?? []

/** Conversations and containers change with use. Responses, messages and files do not. */
const isWritten = ({ action, field }: Reading['acts'][number]): boolean =>
  action === 'run-code' || isConversation(field)

export const isConversation = (field: string): boolean => /^conversation(?:\.id)?$/.test(field)
