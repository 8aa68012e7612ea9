// Which limits of the bundle a request counts against, and whose amount each of them is.
import type { Limit, Per } from '#access/limit.ts'
import { chainOf, type Principal } from '#access/principal.ts'
import type { Tier } from './bundle/config.ts'

/** What of a request decides it. */
export interface Counted {
  readonly principal: Principal
  readonly model: { readonly name: string; readonly system: { readonly tier: Tier } }
  /** Tools of the provider's own that it asks for, as usage names them. */
  readonly tools: readonly string[]
}

export interface Applying {
  readonly limit: Limit
  /** As people read it: `User::alice`, `team support`. */
  readonly whose: string
  /** Where amounts are kept: the same for the same of the same limit, also where another bundle allows more or less. */
  readonly key: string
  /** Of a limit per tool. */
  readonly tool?: string
}

/** In the order of the bundle. Each limit counts everybody whom it applies to: of several teams, each team. */
export function limitsOn(limits: readonly Limit[], counted: Counted): readonly Applying[] {
  const applying: Applying[] = []
  for (const [index, limit] of limits.entries()) {
    if (!isMeant(limit, counted)) continue
    for (const name of namesOf(limit, counted)) {
      const whose = WORDS[limit.per] === '' ? name : `${WORDS[limit.per]} ${name}`
      const key = `${keysOf(limits)[index]} ${JSON.stringify(name)}`
      applying.push({ limit, whose, key, ...(limit.per === 'tool' && { tool: name }) })
    }
  }
  return applying
}

const WORDS: Readonly<Record<Per, string>> = {
  principal: '',
  user: '',
  app: '',
  key: 'key',
  team: 'team',
  model: 'model',
  tool: 'tool',
  session: 'session',
}

function isMeant({ only }: Limit, { principal, model }: Counted): boolean {
  if (!only) return true
  const { teams, models, environments, tiers } = only
  if (models && !models.includes(model.name)) return false
  if (tiers && !tiers.includes(model.system.tier)) return false
  if (teams && !teamsOf(principal).some((team) => teams.includes(team))) return false
  return !environments || chainOf(principal).some(({ attributes }) => isAmong(attributes['environment'], environments))
}

const isAmong = (value: unknown, names: readonly string[]): boolean =>
  typeof value === 'string' && names.includes(value)

/** None: it has no amount here, and the limit says nothing. */
function namesOf({ per, only }: Limit, { principal, model, tools }: Counted): readonly string[] {
  switch (per) {
    case 'principal':
      return [printed(principal)]
    case 'user':
      return linksOf(principal, 'User')
    case 'app':
      return linksOf(principal, 'App')
    case 'key':
      return distinct(chainOf(principal).flatMap(({ proof }) => proof.key ?? []))
    case 'team': {
      const teams = teamsOf(principal)
      return only?.teams ? teams.filter((team) => only.teams?.includes(team)) : teams
    }
    case 'model':
      return [model.name]
    case 'tool':
      return distinct(tools)
    case 'session':
      return principal.session ? [principal.session.root] : []
  }
}

const printed = ({ type, id }: Principal): string => `${type}::${id}`

const linksOf = (principal: Principal, type: Principal['type']): readonly string[] =>
  distinct(chainOf(principal).flatMap((link) => (link.type === type ? [printed(link)] : [])))

const teamsOf = (principal: Principal): readonly string[] =>
  distinct(chainOf(principal).flatMap(({ groups }) => groups))

const distinct = (names: readonly string[]): readonly string[] => [...new Set(names)]

const KEYS = new WeakMap<readonly Limit[], readonly string[]>()

/** How much is allowed is no part of it: who is given more in the middle of a month does not begin it anew. */
function keysOf(limits: readonly Limit[]): readonly string[] {
  const known = KEYS.get(limits)
  if (known) return known
  const keys: string[] = []
  for (const { measure, per, window, only } of limits) {
    const { teams, models, environments, tiers } = only ?? {}
    const span = window === undefined ? '' : window.kind === 'calendar' ? window.unit : window.ms
    const key = JSON.stringify([measure, per, span, ...[teams, models, environments, tiers].map(ordered)])
    // Two that count the same must not take from one amount, each for itself.
    const times = keys.filter((each) => each === key || each.startsWith(`${key}#`)).length
    keys.push(times === 0 ? key : `${key}#${times}`)
  }
  KEYS.set(limits, keys)
  return keys
}

const ordered = (names: readonly (string | number)[] | undefined): readonly string[] | null =>
  names ? names.map(String).toSorted() : null
