// Reads cases/*.yaml: who asks for what, and what must come of it. A case becomes the very access that the gateway would ask.
import type { Access } from '#access/access.ts'
import type { Principal } from '#access/principal.ts'
import type { Entity, EntityUid, RecordValue } from '#access/value.ts'
import { ACTIONS, exchangeEntity, type SessionContext } from '#policy/schema.ts'
import { refOf } from './case-session.ts'
import { attributesOf, CASE_TIME_SECONDS, contextOf } from './case-values.ts'
import type { Config } from './config.ts'
import { fault, type Field, fieldsOf, listOf, textOf, wordOf } from './field.ts'
import { suggest } from './nearest.ts'
import { quote, type Report } from './problem.ts'
import type { Names } from './settings.ts'
import { readYaml } from './yaml.ts'

export interface Case {
  readonly name: string
  readonly file: string
  readonly line: number
  readonly access: Access
  readonly expect: 'allow' | 'deny'
  /** Ids of the determining policies, in any order. Absent: whichever. */
  readonly by?: readonly string[]
  /** What the caller must be told. Absent: whatever. */
  readonly tell?: string
}

export interface CaseGround {
  readonly names: Names
  /** Absent where sallyport.yaml has faults: then cases are read for their own faults only. */
  readonly config: Config | undefined
  /** Ids of all policies, for `by`. */
  readonly policies: readonly string[]
}

const KEYS = {
  known: ['name', 'who', 'action', 'model', 'resource', 'owner', 'context', 'expect', 'by', 'tell'],
  required: ['name', 'who', 'expect'],
} as const

export function readCases(
  file: string,
  text: string,
  ground: CaseGround & { readonly report: Report },
): readonly Case[] {
  const node = readYaml(file, text, ground.report)
  if (!node || node.kind === 'nothing') return []
  const root: Field = { node, path: '', file, report: ground.report }
  if (node.kind !== 'list') {
    fault(root, 'must be a list of cases', 'Begin each case with `- name: …`.')
    return []
  }
  const cases = node.items.map((item, index) => readCase({ ...root, node: item, path: `[${index}]` }, ground))
  return cases.filter((found) => found !== undefined)
}

function readCase(field: Field, ground: CaseGround): Case | undefined {
  const fields = fieldsOf(field, KEYS)
  if (!fields) return undefined
  const read = <T>(key: string, reader: (inside: Field) => T | undefined): T | undefined => {
    const inside = fields.get(key)
    return inside && reader(inside)
  }
  const name = read('name', (inside) => textOf(inside, 'a sentence'))
  const principal = read('who', (inside) => principalOf(inside, ground))
  const action = fields.has('action') ? read('action', (inside) => wordOf(inside, ACTIONS)) : 'infer'
  const resource = resourceOf(field, fields, ground)
  const owner = read('owner', entityOf)
  const expect = read('expect', (inside) => wordOf(inside, ['allow', 'deny']))
  const by = read('by', (inside) => policiesOf(inside, ground))
  const tell = read('tell', (inside) => textOf(inside, 'the text of a @tell'))
  const asked = contextFor(field, fields, { action, resource, ground })
  if (name === undefined || !principal || !action || !resource || !expect || !asked) return undefined
  const { session, context } = asked
  const entities: readonly Entity[] = owner ? [exchangeEntity(resource.id, [owner])] : []
  return {
    name,
    file: field.file,
    line: field.node.at.line,
    access: {
      principal: session ? { ...principal, session: refOf(session) } : principal,
      action,
      resource,
      context,
      entities,
    },
    expect,
    ...(by && { by }),
    ...(tell !== undefined && { tell }),
  }
}

const TYPES = { user: 'User', app: 'App', agent: 'Agent', judge: 'Judge' } as const
const TYPE_KEYS = ['user', 'app', 'agent', 'judge'] as const

function principalOf(field: Field, { names, config }: CaseGround): Principal | undefined {
  const fields = fieldsOf(field, { known: [...TYPE_KEYS, 'groups', 'attributes', 'issuer'] })
  if (!fields) return undefined
  const [key, second] = TYPE_KEYS.filter((candidate) => fields.has(candidate))
  const idField = key && fields.get(key)
  if (!idField || second)
    return fault(field, 'must name exactly one of: user, app, agent, judge', 'Write `user: alice`.')
  const id = textOf(idField, 'an id')
  const groupsField = fields.get('groups')
  const groups = groupsField ? teamsOf(groupsField, names) : []
  const attributesField = fields.get('attributes')
  const attributes: RecordValue = attributesField ? attributesOf(attributesField, config) : {}
  const issuerField = fields.get('issuer')
  const issuers = [...(config?.issuers.keys() ?? [])]
  const issuer = issuerField && config ? wordOf(issuerField, issuers) : issuers[0]
  if (id === undefined || !groups) return undefined
  const issuedAt = CASE_TIME_SECONDS - 60
  const proof = { method: 'jwt', issuer: issuer ?? 'none', issuedAt, expiresAt: issuedAt + 3600 } as const
  return { type: TYPES[key], id, groups, attributes, proof }
}

/** An empty list is fine here: somebody in no team. */
function teamsOf(field: Field, names: Names): readonly string[] | undefined {
  if (field.node.kind === 'list' && field.node.items.length === 0) return []
  return listOf(field, 'teams', (item) => {
    const team = textOf(item, 'the name of a team')
    if (team === undefined || names.teams.includes(team)) return team
    return fault(item, `names a team that does not exist: ${quote(team)}`, suggest(team, names.teams))
  })
}

function resourceOf(field: Field, fields: ReadonlyMap<string, Field>, { names }: CaseGround): EntityUid | undefined {
  const model = fields.get('model')
  const resource = fields.get('resource')
  if ((model === undefined) === (resource === undefined)) {
    return fault(field, 'must name exactly one of: model, resource', 'Write `model: NAME` or `resource: Model::NAME`.')
  }
  const id = model && textOf(model, 'the name of a model')
  const uid = resource ? entityOf(resource) : id === undefined ? undefined : { type: 'Model', id }
  if (uid?.type !== 'Model' || names.models.includes(uid.id)) return uid
  return fault(
    model ?? resource ?? field,
    `names a model that does not exist: ${quote(uid.id)}`,
    suggest(uid.id, names.models),
  )
}

/** `Model::clinic-large`, with or without the quotes that Cedar wants. */
function entityOf(field: Field): EntityUid | undefined {
  const text = textOf(field, 'an entity such as Model::clinic-large')
  if (text === undefined) return undefined
  const [, type, quoted, plain] = /^([A-Z][A-Za-z]*)::(?:"([^"\\]+)"|([^"\\]+))$/.exec(text) ?? []
  const id = quoted ?? plain
  if (type !== undefined && id !== undefined) return { type, id }
  return fault(field, `must be TYPE::NAME, but is ${quote(text)}`, 'Write it as Model::clinic-large.')
}

function policiesOf(field: Field, { policies }: CaseGround): readonly string[] | undefined {
  if (field.node.kind === 'list' && field.node.items.length === 0) return []
  return listOf(field, 'policy ids', (item) => {
    const id = textOf(item, 'the id of a policy')
    if (id === undefined || policies.includes(id)) return id
    return fault(item, `names a policy that does not exist: ${quote(id)}`, suggest(id, policies))
  })
}

interface Asked {
  readonly action: (typeof ACTIONS)[number] | undefined
  readonly resource: EntityUid | undefined
  readonly ground: CaseGround
}

function contextFor(
  field: Field,
  fields: ReadonlyMap<string, Field>,
  { action, resource, ground }: Asked,
): { readonly context: RecordValue; readonly session?: SessionContext } | undefined {
  const context = fields.get('context')
  const wanted = action === 'read' ? 'Exchange' : 'Model'
  if (action && resource && resource.type !== wanted) {
    return fault(field, `asks ${action} of a ${resource.type}`, `${action} is asked of a ${wanted}.`)
  }
  if (fields.has('owner') && action !== 'read')
    return fault(field, 'has `owner`, which only a read knows', 'Remove it.')
  if (action === 'read') return context ? fault(context, 'is not known to read', 'Remove it.') : { context: {} }
  const read = contextOf(context, { action, resource }, ground.config)
  return read && { context: read, ...(read.session && { session: read.session }) }
}
