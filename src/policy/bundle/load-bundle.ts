// Loads a bundle directory: the whole of it, or nothing and a list of everything that is wrong.
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { entitySet } from '#policy/cedar/entity-set.ts'
import { prepareExplanations } from '#policy/cedar/explain.ts'
import { compilePolicies } from '#policy/cedar/policy-set.ts'
import { actionEntities, bundleEntities } from '#policy/entities.ts'
import { readersOf } from '#policy/findings-matter.ts'
import { printSchema } from '#policy/schema.ts'
import type { Bundle } from './bundle.ts'
import type { Config } from './config.ts'
import type { Surroundings } from './credential.ts'
import { readBundleFiles, refuseStrays } from './files.ts'
import { hashBundle } from './hash.ts'
import { checkNames, OWN_PREFIX, readPolicies, warnOfSilence, warnOfStrangers } from './policies.ts'
import { warnOfWords } from './policy-words.ts'
import { collectProblems, type Problem, type Report, TooManyProblems, WHOLE } from './problem.ts'
import { readCases } from './read-cases.ts'
import { readSettings, SETTINGS_FILE } from './settings.ts'
import { validatePolicies } from './validate.ts'

export type Loading =
  | { readonly ok: true; readonly bundle: Bundle }
  /** Errors, and warnings among them, from the top down. At least one error; reading ends after 200. */
  | { readonly ok: false; readonly problems: readonly Problem[] }

export type LoadOptions = Pick<Surroundings, 'environment'>

/** Never rejects for what the directory holds. */
export async function loadBundle(directory: string, options: LoadOptions = {}): Promise<Loading> {
  const { report, problems } = collectProblems()
  const root = resolve(directory)
  const fault = await faultOf(root)
  const bundle =
    fault === undefined
      ? await build(root, options, report).catch(endEarly)
      : refuse(directory, fault, 'Name the directory that holds sallyport.yaml; `sallyport init` makes one.', report)
  if (bundle && problems().every(({ severity }) => severity === 'warning')) warnOfSilence(bundle.policies, report)
  const sorted = problems()
  if (!bundle || sorted.some(({ severity }) => severity === 'error')) return { ok: false, problems: sorted }
  return { ok: true, bundle: { ...bundle, warnings: sorted } }
}

function endEarly(error: unknown): undefined {
  if (!(error instanceof TooManyProblems)) throw error
}

async function build(root: string, { environment }: LoadOptions, report: Report): Promise<Bundle | undefined> {
  const found = await readBundleFiles(root, report)
  const text = found.get(SETTINGS_FILE)
  if (text === undefined) {
    await refuseStrays(root, undefined, report)
    return refuse(SETTINGS_FILE, 'does not exist', 'A bundle is a directory with this file in it.', report)
  }
  const referred = new Set<string>()
  const { config, names } = readSettings(text, { directory: root, environment, referred }, report)
  await refuseStrays(root, config && [...referred], report)

  const authorities = config ? authoritiesIn(config) : new Map<string, string>()
  const files = new Map([[BASE_FILE, await readBase()], ...authorities, ...found])
  const policies = readPolicies(filesIn(files, /\.cedar$/), report)
  checkNames(policies, names, report)
  const ground = { names, config, policies: policies.map(({ id }) => id), report }
  const cases = [...filesIn(files, /^cases\//)].flatMap(([file, content]) => readCases(file, content, ground))
  if (!config) return undefined

  warnOfStrangers(policies, config, report)
  warnOfWords(policies, config, report)
  if (policies.some(({ open }) => open.length > 0)) return undefined
  const schema = printSchema(config)
  validatePolicies(policies, schema, report)
  const policySet = compilePolicies(policies)
  prepareExplanations(policySet)
  readersOf(policySet)
  return {
    hash: hashBundle(files),
    files,
    config,
    policies,
    policySet,
    entities: entitySet([...actionEntities, ...bundleEntities(config)]),
    schema,
    cases,
    warnings: [],
  }
}

/** Stands in a bundle's list of files under a name that no directory can hold, so that its hash says which base it had. */
const BASE_FILE = `${OWN_PREFIX}base.cedar`

async function readBase(): Promise<string> {
  return readFile(fileURLToPath(new URL('../../../policies/base.cedar', import.meta.url)), 'utf8')
}

function filesIn(files: ReadonlyMap<string, string>, pattern: RegExp): ReadonlyMap<string, string> {
  return new Map([...files].filter(([path]) => pattern.test(path)))
}

/** Authorities are public, and decide whom the gate believes: they count as files of the bundle, wherever they lie. */
function authoritiesIn({ providers, vault }: Config): ReadonlyMap<string, string> {
  const named = [...providers.values()].map(({ name, ca }) => [`providers.${name}`, ca] as const)
  const all = [...named, ['vault', vault?.ca] as const]
  return new Map(all.flatMap(([name, ca]) => (ca === undefined ? [] : [[`${OWN_PREFIX}${name}.ca.pem`, ca] as const])))
}

async function faultOf(path: string): Promise<string | undefined> {
  return stat(path).then(
    (found) => (found.isDirectory() ? undefined : 'is not a directory'),
    (error: unknown) =>
      error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'does not exist' : 'cannot be opened',
  )
}

function refuse(file: string, message: string, fix: string, report: Report): undefined {
  report({ severity: 'error', file, ...WHOLE, path: '', message, fix })
}
