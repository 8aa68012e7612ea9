// `applications:`: OAuth clients of the organisation's own. Each proves itself by a key or by its platform's token, is
// `App::"NAME"` in policies, and has ceilings: what its sessions reach at most.
import { readNetwork } from '#lib/network.ts'
import { MODEL_ACTIONS } from '#policy/schema.ts'
import { keySetOf } from './application-keys.ts'
import type { ApplicationConfig, IssuerConfig, ModelConfig } from './config.ts'
import type { Surroundings } from './credential.ts'
import {
  type Entry,
  entriesOf,
  fault,
  type Field,
  fieldsOf,
  isName,
  type Known,
  listOf,
  textOf,
  wordOf,
} from './field.ts'
import { nameIn, namesIn } from './named.ts'
import { networkOf } from './networks.ts'
import { couldName } from './principal-template.ts'
import { quote } from './problem.ts'
import { addressOf } from './units.ts'

export interface ApplicationGround {
  readonly around: Surroundings
  readonly teams: Known<readonly string[]>
  readonly issuers: Known<IssuerConfig>
  readonly models: Known<ModelConfig>
}

export function readApplications(field: Field, ground: ApplicationGround): ReadonlyMap<string, ApplicationConfig> {
  const applications = new Map<string, ApplicationConfig>()
  for (const entry of entriesOf(field, 'applications')) {
    if (!isName(entry, 'an application')) continue
    refuseDouble(entry, ground.issuers)
    const application = readApplication(entry, ground)
    if (!application) continue
    refuseTwin(application, entry.field, [...applications.values()])
    applications.set(entry.name, application)
  }
  return applications
}

const KEYS = {
  known: ['team', 'environment', 'use', 'keys', 'workload', 'redirect', 'users', 'models', 'actions', 'networks'],
  required: ['environment', 'use', 'models'],
} as const

function readApplication({ name, field }: Entry, ground: ApplicationGround): ApplicationConfig | undefined {
  const fields = fieldsOf(field, KEYS)
  if (!fields) return undefined
  const read = <T>(key: string, reader: (inside: Field) => T | undefined): T | undefined => {
    const inside = fields.get(key)
    return inside && reader(inside)
  }
  const environment = read('environment', (inside) => textOf(inside, 'an environment such as production'))
  const use = read('use', (inside) => textOf(inside, 'what it is for'))
  const models = read('models', (inside) => namesIn(inside, 'model', ground.models))
  const actions = read('actions', (inside) => listOf(inside, 'actions', (item) => wordOf(item, MODEL_ACTIONS)))
  const team = read('team', (inside) => nameIn(inside, 'team', ground.teams))
  const users = read('users', (inside) => listOf(inside, 'issuers', (item) => issuerOfPeople(item, ground)))
  const networks = read('networks', (inside) => listOf(inside, 'networks', networkOfItsOwn))
  const redirects = read('redirect', (inside) => listOf(inside, 'addresses', redirectOf))
  const proof = proofOf(field, fields, ground)
  const redirectField = fields.get('redirect')
  if (redirectField) refuseUnused(redirectField, users ?? [], ground)
  if (environment === undefined || use === undefined || !models || !proof) return undefined
  return {
    name,
    ...(team !== undefined && { team }),
    environment,
    use,
    ...proof,
    redirects: redirects ?? [],
    users: users ?? [],
    models,
    actions: actions ?? ['infer'],
    networks: networks ?? [],
  }
}

type ProofOf = Pick<ApplicationConfig, 'keys' | 'workload'>

function proofOf(
  field: Field,
  fields: ReadonlyMap<string, Field>,
  { around, issuers }: ApplicationGround,
): ProofOf | undefined {
  const [keysField, workloadField] = [fields.get('keys'), fields.get('workload')]
  if ((keysField === undefined) === (workloadField === undefined)) {
    const fix = 'Write `keys: file:PATH`, or `workload: { issuer: NAME, subject: TEXT }`.'
    return fault(field, 'must have one of `keys` and `workload`: how it proves itself', fix)
  }
  const keys = keysField && keySetOf(keysField, around)
  if (keys !== undefined) return { keys }
  const inside =
    workloadField && fieldsOf(workloadField, { known: ['issuer', 'subject'], required: ['issuer', 'subject'] })
  const [issuerField, subjectField] = [inside?.get('issuer'), inside?.get('subject')]
  const issuer = issuerField && nameIn(issuerField, 'issuer', issuers)
  const subject = subjectField && textOf(subjectField, 'the exact `sub` of its tokens')
  return issuer !== undefined && subject !== undefined ? { workload: { issuer, subject } } : undefined
}

/** Nobody but a person ever stands behind an application. */
function issuerOfPeople(field: Field, { issuers }: ApplicationGround): string | undefined {
  const name = nameIn(field, 'issuer', issuers)
  const as = name === undefined ? undefined : issuers.sound.get(name)?.as
  if (as === undefined || as.startsWith('User::')) return name
  return fault(field, `is an issuer of no people: it names ${as}`, 'Name an issuer whose principals are User::….')
}

/** As for keys: a network that is nearly everywhere binds nothing. */
function networkOfItsOwn(field: Field): string | undefined {
  const text = networkOf(field)
  const network = text === undefined ? undefined : readNetwork(text)
  if (!network || network.prefix >= (network.bits === 32 ? 8 : 32)) return text
  const widest = network.bits === 32 ? '/8' : '/32'
  return fault(field, `is wider than ${widest}: ${quote(text ?? '')}`, 'Name the network that the application is in.')
}

/** RFC 8252 section 7.3: what browsers and the authorization server take for this machine. */
const OWN_MACHINE: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost'])

/** Compared character by character (RFC 9700 section 2.1), so it is kept as it is written. */
function redirectOf(field: Field): string | undefined {
  const url = addressOf(field, {
    plain: false,
    plainHint: 'Use https; http is for an application on this machine (127.0.0.1).',
  })
  if (!url || field.node.kind !== 'text') return undefined
  if (url.hostname.includes('*')) return fault(field, 'names many addresses', 'List each by itself, in full.')
  if (url.protocol === 'http:' && !OWN_MACHINE.has(url.hostname)) {
    return fault(field, 'is on this machine, but under a name of its own', 'Write 127.0.0.1, [::1] or localhost.')
  }
  return field.node.text
}

function refuseUnused(field: Field, users: readonly string[], { issuers }: ApplicationGround): void {
  if (users.some((name) => issuers.sound.get(name)?.login)) return
  // An issuer that is wrong was reported where it stands.
  if (users.some((name) => !issuers.sound.has(name))) return
  const fix = 'Name an issuer with `login` in `users`, or remove it.'
  fault(field, 'can never be used: people of none of its `users` can log in', fix)
}

/** Whoever runs such an issuer could be this application. */
function refuseDouble({ name, at, field }: Entry, { sound }: Known<IssuerConfig>): void {
  const issuer = [...sound.values()].find(({ as }) => couldName(as, { type: 'App', id: name }))
  if (!issuer) return
  const fix = `Let names of issuer ${issuer.name} begin with a text of their own: as: "App::${issuer.name}/{sub}".`
  fault(field, `could be named by issuer ${issuer.name}, too: ${issuer.as}`, fix, at)
}

/** One token must not be two applications. */
function refuseTwin({ workload }: ApplicationConfig, field: Field, earlier: readonly ApplicationConfig[]): void {
  if (!workload) return
  const { issuer, subject } = workload
  const twin = earlier.find((other) => other.workload?.issuer === issuer && other.workload.subject === subject)
  if (twin) fault(field, `has the workload of application ${twin.name}`, 'Keep one of the two.')
}
