// sallyport.yaml as far as it can be read. A gate takes a bundle whole or not at all; whoever looks for what is wrong
// looks at the sound half of a broken one, too.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { VaultSettings } from '#access/provider.ts'
import type {
  ApplicationConfig,
  IssuerConfig,
  ListenConfig,
  ModelConfig,
  ProviderConfig,
} from '#policy/bundle/config.ts'
import type { Surroundings } from '#policy/bundle/credential.ts'
import type { Field, Known } from '#policy/bundle/field.ts'
import { readIssuers } from '#policy/bundle/issuers.ts'
import { readListen } from '#policy/bundle/listen.ts'
import { readModels } from '#policy/bundle/models.ts'
import { readApplications } from '#policy/bundle/applications.ts'
import { collectProblems, type Problem } from '#policy/bundle/problem.ts'
import { readProviders } from '#policy/bundle/providers.ts'
import { SETTINGS_FILE } from '#policy/bundle/settings.ts'
import { readSystems } from '#policy/bundle/systems.ts'
import { readTeams } from '#policy/bundle/teams.ts'
import { readVault } from '#policy/bundle/vault.ts'
import { readYaml } from '#policy/bundle/yaml.ts'

export interface Parts {
  /** As it is written; undefined where it is no address. */
  readonly public: URL | undefined
  readonly issuers: ReadonlyMap<string, IssuerConfig>
  readonly teams: ReadonlyMap<string, readonly string[]>
  readonly providers: ReadonlyMap<string, ProviderConfig>
  readonly models: ReadonlyMap<string, ModelConfig>
  readonly applications: ReadonlyMap<string, ApplicationConfig>
  readonly listen: ListenConfig
  readonly vault: VaultSettings | undefined
  readonly problems: readonly Problem[]
}

/** Undefined where there is nothing to read. */
export async function readParts(
  directory: string,
  environment: Surroundings['environment'],
): Promise<Parts | undefined> {
  const text = await readFile(join(directory, SETTINGS_FILE), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const { report, problems } = collectProblems()
  try {
    const parts = read(text, { directory, environment }, report)
    return parts && { ...parts, problems: problems() }
  } catch {
    // Two hundred faults: nothing of it is worth a look.
    return undefined
  }
}

function read(text: string, around: Surroundings, report: Field['report']): Omit<Parts, 'problems'> | undefined {
  const node = readYaml(SETTINGS_FILE, text, report)
  if (node?.kind !== 'map') return undefined
  const section = (key: string): Field | undefined => {
    const entry = node.entries.find((candidate) => candidate.key === key)
    return entry && { node: entry.value, path: key, file: SETTINGS_FILE, report }
  }
  const known = <T>(key: string, reader: (field: Field) => ReadonlyMap<string, T>): Known<T> => {
    const field = section(key)
    const declared = field?.node.kind === 'map' ? field.node.entries.map((entry) => entry.key) : []
    return { sound: field ? reader(field) : new Map<string, T>(), declared }
  }
  const issuers = known('issuers', (field) => readIssuers(field, around))
  const systems = known('systems', readSystems)
  const providers = known('providers', (field) => readProviders(field, around))
  const teams = known('teams', (field) => readTeams(field, issuers.declared))
  const models = known('models', (field) => readModels(field, { systems, providers }))
  const ground = { around, teams, issuers, models }
  const vault = section('vault')
  const origin = section('public')?.node
  return {
    public: origin?.kind === 'text' ? (URL.parse(origin.text) ?? undefined) : undefined,
    issuers: issuers.sound,
    teams: teams.sound,
    providers: providers.sound,
    models: models.sound,
    applications: known('applications', (field) => readApplications(field, ground)).sound,
    listen: readListen(section('listen'), around),
    vault: vault && readVault(vault, around),
  }
}
