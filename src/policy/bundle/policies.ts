// What a bundle asks of its policies beyond being Cedar: names that are unique, annotations that are known, and entities
// that exist. A misspelt team would otherwise be a permit nobody has, or a forbid that never forbids.
import { type EntityUid, printUid } from '#access/value.ts'
import { parsePolicies } from '#policy/cedar/parse-policies.ts'
import type { ParsedPolicy } from '#policy/cedar/parsed-policy.ts'
import type { Config } from './config.ts'
import { nearest, suggest } from './nearest.ts'
import { templateStart } from './principal-template.ts'
import { type Position, type Problem, quote, type Report, WHOLE } from './problem.ts'
import type { Names } from './settings.ts'

/** Ids that begin so are Sallyport's own. */
export const OWN_PREFIX = 'sallyport:'

const ANNOTATIONS = ['id', 'tell']
const LATER_ANNOTATIONS: ReadonlySet<string> = new Set(['approval', 'within', 'escalate', 'quorum'])

export function readPolicies(files: ReadonlyMap<string, string>, report: Report): readonly ParsedPolicy[] {
  const listed = [...files].map(([file, text]) => ({ file, text }))
  const { policies, errors } = parsePolicies(listed)
  for (const { file, line, message } of errors) {
    const fix = 'Compare with the policies in the documentation; every policy ends with a semicolon.'
    report({ severity: 'error', file, line, column: 1, path: '', message: `is not Cedar: ${message}`, fix })
  }
  const byId = new Map<string, ParsedPolicy>()
  for (const policy of policies) {
    checkAnnotations(policy, report)
    const twin = byId.get(policy.id)
    if (twin && 'id' in policy.annotations) {
      faultIn(policy, report, `has the id of another policy: ${twin.file}:${twin.line}`, 'Give it an @id of its own.')
    }
    byId.set(policy.id, policy)
  }
  return policies
}

function checkAnnotations(policy: ParsedPolicy, report: Report): void {
  const { annotations, id, open } = policy
  if (open.length > 0) {
    faultIn(
      policy,
      report,
      `is a template (${open.join(', ')})`,
      'Write a policy for each: templates are not supported.',
    )
  }
  if (!('id' in annotations)) {
    faultIn(policy, report, 'has no @id', 'Begin it with @id("what-it-says"): decisions and audit entries name it.')
  } else if (!/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/.test(id)) {
    faultIn(
      policy,
      report,
      `has an @id that is not a name: ${quote(id)}`,
      'Use letters, digits, dot, dash, colon and slash.',
    )
  } else if (id.startsWith(OWN_PREFIX) && !policy.file.startsWith(OWN_PREFIX)) {
    faultIn(
      policy,
      report,
      `has an @id that begins with ${OWN_PREFIX}`,
      "Choose another: these ids are Sallyport's own.",
    )
  }
  if (annotations['tell']?.trim() === '') {
    faultIn(policy, report, 'has an empty @tell', 'Write what a caller may be told, or remove it.', '@tell')
  }
  for (const name of Object.keys(annotations)) {
    if (ANNOTATIONS.includes(name)) continue
    const later = LATER_ANNOTATIONS.has(name)
    faultIn(
      policy,
      report,
      later ? `@${name} is not supported yet` : `has an unknown annotation: @${name}`,
      later ? 'Remove it: this version would not do what it asks for.' : suggest(name, ANNOTATIONS),
      `@${name}`,
    )
  }
}

/** Entities that policies name and the bundle does not have. */
export function checkNames(policies: readonly ParsedPolicy[], names: Names, report: Report): void {
  const known: ReadonlyMap<string, ReadonlySet<string>> = new Map([
    ['Team', new Set(names.teams)],
    ['System', new Set(names.systems)],
    ['Provider', new Set(names.providers)],
    ['Model', new Set(names.models)],
  ])
  for (const policy of policies) {
    for (const uid of entitiesIn(policy)) {
      const ids = known.get(uid.type)
      if (!ids || ids.has(uid.id)) continue
      const message = `names a ${uid.type} that does not exist: ${quote(uid.id)}`
      faultIn(policy, report, message, suggest(uid.id, [...ids]), printUid(uid))
    }
  }
}

/** Principals whom no issuer of the bundle could ever name, and that are none of its applications. */
export function warnOfStrangers(policies: readonly ParsedPolicy[], config: Config, report: Report): void {
  const starts = [...config.issuers.values()].map(({ as }) => templateStart(as))
  for (const policy of policies) {
    for (const { type, id } of entitiesIn(policy)) {
      if (type !== 'User' && type !== 'App') continue
      if (starts.some((start) => `${type}::${id}`.startsWith(start))) continue
      if (type === 'App' && config.applications.has(id)) continue
      const message = `names ${printUid({ type, id })}, whom no issuer could name: it can never match`
      const close = type === 'App' ? nearest(id, config.applications.keys()) : undefined
      const meant = close === undefined ? '' : `Did you mean ${printUid({ type, id: close })}? `
      warnIn(policy, report, message, `${meant}${principalsOf(starts, config)}`, printUid({ type, id }))
    }
  }
}

const MOST_APPLICATIONS = 4

function principalsOf(starts: readonly string[], { applications }: Config): string {
  const people = [...new Set(starts)].map((start) => `${start}…`)
  const named = [...applications.keys()].slice(0, MOST_APPLICATIONS).map((name) => `App::${name}`)
  const more = applications.size > MOST_APPLICATIONS ? ['…'] : []
  const shown = [...people, ...named, ...more]
  return shown.length === 0
    ? 'Nobody is named here yet: there are neither issuers nor applications.'
    : `Principals here are named ${shown.join(', ')}.`
}

/** A bundle of its own policies that permits nothing serves nobody: right, but hardly meant. */
export function warnOfSilence(policies: readonly ParsedPolicy[], report: Report): void {
  if (policies.some(({ effect, file }) => effect === 'permit' && !file.startsWith(OWN_PREFIX))) return
  const [message, fix] = ['no policy permits anything: every request will be denied', 'Add one: policies/models.cedar.']
  report({ severity: 'warning', file: 'policies', ...WHOLE, path: '', message, fix })
}

/** Every entity in scope and conditions, each once. */
function entitiesIn({ json }: ParsedPolicy): readonly EntityUid[] {
  const found = new Map<string, EntityUid>()
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    if (isUid(value)) found.set(printUid(value), { type: value.type, id: value.id })
    else for (const inside of Object.values(value)) walk(inside)
  }
  const { principal, action, resource, conditions } = json
  walk([principal, action, resource, conditions])
  return [...found.values()]
}

function isUid(value: object): value is EntityUid {
  return 'type' in value && 'id' in value && typeof value.type === 'string' && typeof value.id === 'string'
}

export function faultIn(policy: ParsedPolicy, report: Report, message: string, fix: string, part?: string): void {
  report(problemIn(policy, message, fix, part))
}

function warnIn(policy: ParsedPolicy, report: Report, message: string, fix: string, part: string): void {
  report({ ...problemIn(policy, message, fix, part), severity: 'warning' })
}

function problemIn(policy: ParsedPolicy, message: string, fix: string, part: string | undefined): Problem {
  const offset = part === undefined ? 0 : Math.max(0, policy.text.indexOf(part))
  const path = 'id' in policy.annotations ? policy.id : ''
  return { severity: 'error', file: policy.file, ...placeIn(policy, offset), path, message, fix }
}

/** Where in its file an offset of a policy's text stands. A policy is taken to begin in the first column. */
export function placeIn({ text, line }: ParsedPolicy, offset: number): Position {
  const before = text.slice(0, offset).split('\n')
  return { line: line + before.length - 1, column: (before.at(-1)?.length ?? 0) + 1 }
}
