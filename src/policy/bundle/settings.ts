// Reads sallyport.yaml. Every section is read even after a fault in another, so that one run shows all there is to fix.
import type { Keeping } from '#access/keeping.ts'
import type { CredentialReference } from '#access/provider.ts'
import { readAudit } from './audit.ts'
import type { Config, ProviderConfig, SystemConfig } from './config.ts'
import type { Surroundings } from './credential.ts'
import { fault, type Field, fieldsOf, integerOf, type Known, listOf, notServed, textOf } from './field.ts'
import { readInspectors } from './inspectors.ts'
import { readIssuers, readTeams } from './issuers.ts'
import { readListen } from './listen.ts'
import { readModels } from './models.ts'
import { quote, type Report } from './problem.ts'
import { readProviders } from './providers.ts'
import { DEFAULT_SESSIONS } from './sessions.ts'
import { readSystems } from './systems.ts'
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
    'audit',
    'authority',
  ],
  required: ['public', 'issuers', 'systems', 'providers', 'models'],
  later: ['people', 'servers', 'collections', 'limits', 'agents', 'prompts', 'judges', 'grants'],
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
  const issuers = known('issuers', readIssuers)
  const teams = known('teams', (field) => readTeams(field, issuers.declared))
  const systems = known('systems', readSystems)
  const vaultField = section('vault')
  const vault = vaultField && readVault(vaultField, around)
  const providers = known('providers', (field) => readProviders(field, { ...around, ...(vault && { vault }) }))
  const audit = readAudit(section('audit'), { ...around, ...(vault && { vault }) })
  if (!vaultField) refuseWithoutVault(root, providers, audit)
  refuseEnvironment(section('audit'), audit, systems)
  const models = known('models', (field) => readModels(field, { systems, providers }))
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
    applications: new Map(),
    sessions: DEFAULT_SESSIONS,
    limits: [],
    listen,
    audit,
    ...(vault && { vault }),
    authority: 'files',
  }
}

/** A reference to a vault needs one. */
function refuseWithoutVault(root: Field, { sound }: Known<ProviderConfig>, audit: Keeping): void {
  const provider = [...sound.values()].find(({ credential }) => credential?.from === 'vault')
  const user = provider ? `provider ${provider.name}` : secretsOf(audit).find(({ to }) => to.from === 'vault')?.of
  if (user === undefined) return
  fault(
    root,
    `lacks \`vault\`, which ${user} refers to`,
    'Add `vault: { url: https://vault.example.com:8200, token: file:PATH }`.',
  )
}

/** As for providers: the environment is inherited by every child, and the logs are those of every system. */
function refuseEnvironment(field: Field | undefined, audit: Keeping, { sound }: Known<SystemConfig>): void {
  const above = [...sound.values()].find(({ tier }) => tier > 1)
  const user = secretsOf(audit).find(({ to }) => to.from === 'env')
  if (!field || !above || !user) return
  fault(
    field,
    `has a secret of ${user.of} that is env:, beside system ${above.name} of tier ${above.tier}`,
    'Write it as file:PATH; env: is for tier 1 only.',
  )
}

function secretsOf({ copies, streams }: Keeping): readonly { readonly of: string; readonly to: CredentialReference }[] {
  return [
    ...copies.flatMap((place) =>
      place.to === 's3' ? [place.key, place.secret].map((to) => ({ of: `copy ${place.name}`, to })) : [],
    ),
    ...streams.flatMap((place) =>
      place.to === 'otlp' && place.authorization ? [{ of: `stream ${place.name}`, to: place.authorization }] : [],
    ),
  ]
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

// What proves who is calling must not become data that policies compare and audit entries could show.
const CREDENTIAL_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'x-api-key',
  'x-sallyport-user-token',
  'client-cert',
  'api-key',
  'dpop',
])

function claimedOf(field: Field | undefined): Config['claimed'] {
  const fields = field && fieldsOf(field, { known: ['headers', 'metadata'] })
  const headers = fields?.get('headers')
  const metadata = fields?.get('metadata')
  return {
    headers: (headers && listOf(headers, 'header names', headerOf)) ?? [],
    metadata: (metadata && listOf(metadata, 'metadata fields', metadataOf)) ?? [],
  }
}

function headerOf(field: Field): string | undefined {
  const text = textOf(field, 'the name of a header')
  if (text === undefined) return undefined
  if (!/^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/.test(text)) {
    return fault(
      field,
      `is not the name of a header in lower case: ${quote(text)}`,
      'Write it in lower case: x-purpose.',
    )
  }
  if (!CREDENTIAL_HEADERS.has(text)) return text
  return fault(
    field,
    `${text} carries a credential, which policy never sees`,
    'Remove it; who calls is in `principal`.',
  )
}

function metadataOf(field: Field): string | undefined {
  const text = textOf(field, 'the name of a metadata field')
  if (text === undefined || /^[\w.-]{1,64}$/.test(text)) return text
  return fault(
    field,
    `is not the name of a metadata field: ${quote(text)}`,
    'Use letters, digits, dot, dash and underscore.',
  )
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
