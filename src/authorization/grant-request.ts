// What a client gets of what it asked for: the models and actions of its session, the tier that follows from them, and what its tokens
// are bound to. Pure: everything that can widen a session is decided on this page, and nothing here widens one.
import type { Grant } from '#access/grant.ts'
import type { Binding, Task } from '#access/task.ts'
import type { Config, Tier } from '#policy/bundle/config.ts'
import { MODEL_ACTIONS } from '#policy/schema.ts'
import { OAuthRefusal } from './oauth-refusal.ts'
import type { DeclaredTask } from './task-request.ts'

export interface Asked {
  /** Words of `scope`; undefined where none was sent. */
  readonly scope: readonly string[] | undefined
  readonly task: DeclaredTask | undefined
  /** The thumbprint of the key whose DPoP proof came along. */
  readonly jkt: string | undefined
}

export interface Bounded {
  /** Every one of them must contain what is granted. */
  readonly ceilings: readonly Grant[]
  /** From where its tokens may be used, where they are not bound to a key. */
  readonly networks: readonly string[]
}

export interface Granted {
  readonly tier: Tier
  readonly task: Task
  readonly binding: Binding
  /** A refresh token was asked for. */
  readonly offline: boolean
}

export const OFFLINE = 'offline_access'

/** Of a `scope`. */
export const wordsOf = (scope: string | undefined): readonly string[] | undefined =>
  scope?.split(' ').filter((word) => word !== '')

/** Throws OAuthRefusal. */
export function grantOf(asked: Asked, { ceilings, networks }: Bounded, config: Pick<Config, 'models'>): Granted {
  const task = taskOf(asked, ceilings, config)
  const tier = task.models.reduce<Tier>((most, name) => higher(most, config.models.get(name)?.system.tier ?? 3), 1)
  return { tier, task, binding: bindingOf(tier, asked.jkt, networks), offline: asked.scope?.includes(OFFLINE) ?? false }
}

/** The same for what is only asked for so far: nobody has shown anything. Throws OAuthRefusal. */
export function taskOf(
  asked: Pick<Asked, 'scope' | 'task'>,
  ceilings: readonly Grant[],
  { models }: Pick<Config, 'models'>,
): Task {
  const within = (kind: 'models' | 'actions', name: string): boolean => ceilings.every((each) => each[kind].has(name))
  return {
    type: asked.task?.type ?? UNDECLARED,
    ...(asked.task?.domain === undefined ? {} : { domain: asked.task.domain }),
    models: modelsOf(
      asked,
      [...models.keys()].filter((name) => within('models', name)),
    ),
    actions: actionsOf(
      asked,
      MODEL_ACTIONS.filter((name) => within('actions', name)),
    ),
    tools: [],
    output: asked.task?.output ?? 'text',
  }
}

/** The type of a task that nobody declared: all that its ceilings contain. */
const UNDECLARED = 'undeclared'

const higher = (one: Tier, other: Tier): Tier => (one > other ? one : other)

/** A model that does not exist and one beyond the ceiling are answered alike: names are nobody's to find out. */
function modelsOf({ task }: Pick<Asked, 'task'>, allowed: readonly string[]): readonly string[] {
  const beyond = task?.models?.find((name) => !allowed.includes(name))
  if (beyond !== undefined) {
    throw new OAuthRefusal('invalid_target', `the model ${beyond} is not among those that this client may ask for`)
  }
  const models = [...new Set(task?.models ?? allowed)]
  if (models.length === 0) throw new OAuthRefusal('invalid_target', 'there is no model that this client may ask for')
  return models.sort()
}

/** Of `scope` and the declared task the narrower wins; what neither names is the whole ceiling. */
function actionsOf({ task, scope }: Pick<Asked, 'scope' | 'task'>, allowed: readonly string[]): readonly string[] {
  const words = scope?.filter((word) => word !== OFFLINE)
  const named = words !== undefined && words.length > 0 ? words : undefined
  for (const beyond of [...(named ?? []), ...(task?.actions ?? [])]) {
    if (!allowed.includes(beyond)) {
      throw new OAuthRefusal('invalid_scope', `the action ${beyond} is not among those that this client may ask for`)
    }
  }
  const declared = new Set<string>(task?.actions ?? allowed)
  const actions = [...new Set(named ?? declared)].filter((action) => declared.has(action))
  if (actions.length === 0)
    throw new OAuthRefusal('invalid_scope', 'scope and authorization_details have no action in common')
  return actions.sort()
}

function bindingOf(tier: Tier, jkt: string | undefined, networks: readonly string[]): Binding {
  if (jkt !== undefined) return { by: 'key', jkt }
  if (tier === 3) {
    throw new OAuthRefusal('invalid_dpop_proof', 'a session of tier 3 is bound to a key: send a DPoP proof (RFC 9449)')
  }
  if (networks.length > 0) return { by: 'network', networks }
  if (tier === 2) {
    throw new OAuthRefusal(
      'invalid_dpop_proof',
      'a session of tier 2 is bound to a key or to networks, and this client has none: send a DPoP proof (RFC 9449)',
    )
  }
  return { by: 'nothing' }
}
