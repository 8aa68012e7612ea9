// Reads sallyport.yaml. Every section is read even after a fault in another, so that one run shows all there is to fix.
import { readApplications } from './applications.ts'
import { readAudit } from './audit.ts'
import { claimedOf } from './claimed.ts'
import type { Config } from './config.ts'
import type { Surroundings } from './credential.ts'
import { fault, type Field, fieldsOf, integerOf, type Known, notServed, textOf } from './field.ts'
import { readInspectors } from './inspectors.ts'
import { readIssuers } from './issuers.ts'
import { readLimits } from './limits.ts'
import { readListen } from './listen.ts'
import { readModels } from './models.ts'
import { quote, type Report } from './problem.ts'
import { readProviders } from './providers.ts'
import { refuseEnvironment, refuseWithoutVault, secretsOfAudit, secretsOfLogin } from './secret-users.ts'
import { readSessions } from './sessions.ts'
import { readSystems } from './systems.ts'
import { readTeams } from './teams.ts'
import { addressOf, sizeOf } from './units.ts'
import { readVault } from './vault.ts'
import { readYaml } from './yaml.ts'

export const SETTINGS_FILE = 'sallyport.yaml'

/** Names that stand in the file, also where their entries are wrong: what policies and cases may refer to. */
export interface Names {
  readonly teams: readonly string[]
  readonly systems: readonly string[]
  readonly providers: readonly string[]
  readonly models: readonly string[]
}

const KEYS = {
  known: [
    'public',
    'listen',
    'issuers',
    'teams',
    'systems',
    'vault',
    'providers',
    'models',
    'context',
    'body',
    'inspectors',
    'applications',
    'sessions',
    'limits',
    'audit',
    'authority',
  ],
  required: ['public', 'issuers', 'systems', 'providers', 'models'],
  later: ['people', 'servers', 'collections', 'agents', 'prompts', 'judges', 'grants'],
} as const

/** `config` is missing exactly when an error was reported. */
export function readSettings(
  text: string,
  around: Surroundings,
  report: Report,
): { readonly names: Names; readonly config: Config | undefined } {
  let sound = true
  const watch: Report = (problem) => {
    if (problem.severity === 'error') sound = false
    report(problem)
  }
  const node = readYaml(SETTINGS_FILE, text, watch)
  const root: Field | undefined = node && { node, path: '', file: SETTINGS_FILE, report: watch }
  const config = root && readRoot(root, around)
  return { names: namesOf(root), config: sound ? config : undefined }
}

function readRoot(root: Field, around: Surroundings): Config | undefined {
  // What is missing is reported here; the rest is read all the same.
  fieldsOf(root, KEYS)
  const section = (key: string): Field | undefined => sectionOf(root, key)
  const known = <T>(key: string, read: (field: Field) => ReadonlyMap<string, T>): Known<T> => {
    const field = section(key)
    return { sound: field ? read(field) : new Map<string, T>(), declared: namesAt(field) }
  }
  const origin = section('public')
  const vaultField = section('vault')
  const vault = vaultField && readVault(vaultField, around)
  const within = { ...around, ...(vault && { vault }) }
  const issuers = known('issuers', (field) => readIssuers(field, within))
  const teams = known('teams', (field) => readTeams(field, issuers.declared))
  const systems = known('systems', readSystems)
  const providers = known('providers', (field) => readProviders(field, within))
  const audit = readAudit(section('audit'), within)
  const users = { audit: secretsOfAudit(audit), login: secretsOfLogin(issuers.sound) }
  if (!vaultField) refuseWithoutVault(root, providers, [...users.audit, ...users.login])
  refuseEnvironment(section('audit'), users.audit, systems)
  refuseEnvironment(section('issuers'), users.login, systems)
  const models = known('models', (field) => readModels(field, { systems, providers }))
  const applications = known('applications', (field) => readApplications(field, { around, teams, issuers, models }))
  const sessions = readSessions(section('sessions'))
  const limitsField = section('limits')
  const limits = limitsField ? readLimits(limitsField, { teams, systems, models }) : []
  const listen = readListen(section('listen'), around)
  const claimed = claimedOf(section('context'))
  const body = bodyOf(section('body'))
  const inspectors = readInspectors(section('inspectors'))
  checkAuthority(section('authority'))
  const publicOrigin = origin && originOf(origin)
  if (publicOrigin === undefined) return undefined
  return {
    public: publicOrigin,
    issuers: issuers.sound,
    teams: teams.sound,
    systems: systems.sound,
    providers: providers.sound,
    models: models.sound,
    claimed,
    body,
    inspectors,
    applications: applications.sound,
    sessions,
    limits,
    listen,
    audit,
    ...(vault && { vault }),
    authority: 'files',
  }
}

function sectionOf(root: Field, key: string): Field | undefined {
  if (root.node.kind !== 'map') return undefined
  const entry = root.node.entries.find((candidate) => candidate.key === key)
  return entry && { ...root, node: entry.value, path: key }
}

const namesAt = (field: Field | undefined): readonly string[] =>
  field?.node.kind === 'map' ? field.node.entries.map(({ key }) => key) : []

function namesOf(root: Field | undefined): Names {
  const at = (key: string): readonly string[] => (root ? namesAt(sectionOf(root, key)) : [])
  return { teams: at('teams'), systems: at('systems'), providers: at('providers'), models: at('models') }
}

function originOf(field: Field): string | undefined {
  const url = addressOf(field, {
    plain: false,
    plainHint: 'Use https; http is for a gateway on this machine (127.0.0.1).',
  })
  if (!url) return undefined
  if (url.pathname === '/') return url.origin
  return fault(field, 'must be an origin, without a path', `Write ${url.origin}.`)
}

const DEFAULT_BODY: Config['body'] = { max: 64 * 2 ** 20, depth: 128 }

function bodyOf(field: Field | undefined): Config['body'] {
  const fields = field && fieldsOf(field, { known: ['max', 'depth'] })
  const max = fields?.get('max')
  const depth = fields?.get('depth')
  return {
    max: (max && sizeOf(max, 2 ** 10, 2 ** 30)) ?? DEFAULT_BODY.max,
    depth: (depth && integerOf(depth, 8, 512)) ?? DEFAULT_BODY.depth,
  }
}

function checkAuthority(field: Field | undefined): void {
  const text = field && textOf(field, 'files')
  if (field === undefined || text === undefined || text === 'files') return
  if (text === 'console') notServed(field, '`authority: console`')
  else fault(field, `must be files, but is ${quote(text)}`, 'Write `authority: files`, or remove the line.')
}
