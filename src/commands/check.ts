// `sallyport check [DIR] [--json]`: everything that is wrong with a bundle, or what it holds; and its cases, run.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { printUid } from '#access/value.ts'
import type { Bundle } from '#policy/bundle/bundle.ts'
import { loadBundle } from '#policy/bundle/load-bundle.ts'
import { OWN_PREFIX } from '#policy/bundle/policies.ts'
import type { Problem } from '#policy/bundle/problem.ts'
import { type CaseResult, type Outcome, runCases } from '#policy/cases.ts'
import { systemClock } from '#lib/clock.ts'
import { type CheckedKeys, checkKeys, keyProblemLines } from './check-keys.ts'
import type { Io } from './io.ts'
import { mark, plain, problemLines } from './print-problems.ts'
import { printJson } from './terminal.ts'

export type CheckIo = Pick<Io, 'out' | 'err' | 'color' | 'cwd'> & Partial<Pick<Io, 'environment' | 'settings'>>

const OPTIONS: ReadonlySet<string> = new Set(['--json', '--schema'])

export async function check(args: readonly string[], io: CheckIo): Promise<number> {
  const [first, second] = args.filter((arg) => !arg.startsWith('-'))
  const unknown = args.find((arg) => arg.startsWith('-') && !OPTIONS.has(arg))
  if (unknown !== undefined || second !== undefined) {
    io.err(
      unknown === undefined
        ? 'sallyport check: one directory at a time'
        : `sallyport check: unknown option ${plain(unknown)}`,
    )
    io.err('usage: sallyport check [DIR] [--json] [--schema]')
    return 2
  }
  const name = first ?? (existsSync(join(io.cwd, 'sallyport.yaml')) ? '.' : 'bundle')
  const { environment } = io
  const options = environment ? { environment: (variable: string) => Boolean(environment[variable]) } : {}
  const loaded = await loadBundle(resolve(io.cwd, name), options)
  const show = args.includes('--json') ? jsonReport(io) : textReport(io, name)
  if (!loaded.ok) return show.faulty(loaded.problems)
  if (args.includes('--schema')) {
    io.out(loaded.bundle.schema)
    return 0
  }
  const { bundle } = loaded
  const keys = io.settings && checkKeys(io.settings.home, bundle.config, systemClock.now())
  return show.sound(bundle, runCases(bundle), keys)
}

interface Printer {
  /** Both answer the exit code. */
  faulty(problems: readonly Problem[]): number
  sound(bundle: Bundle, results: readonly CaseResult[], keys: CheckedKeys | undefined): number
}

function textReport({ out, color }: CheckIo, name: string): Printer {
  const title = plain(name.endsWith('/') ? name : `${name}/`)
  return {
    faulty(problems) {
      for (const line of problemLines(problems, color)) out(line)
      const errors = problems.filter(({ severity }) => severity === 'error').length
      const warnings = problems.length - errors
      out([`${title}  ${count(errors, 'problem')}`, ...(warnings > 0 ? [count(warnings, 'warning')] : [])].join('  '))
      return 1
    },
    sound(bundle, results, keys) {
      for (const line of problemLines(bundle.warnings, color)) out(line)
      for (const line of keyProblemLines(keys?.problems ?? [], color)) out(line)
      const failed = results.filter(({ passed }) => !passed)
      for (const line of failed.flatMap((result) => caseLines(result, color))) out(line)
      out(`${title}  ${summary(bundle, { cases: results.length, failed: failed.length, keys })}`)
      return failed.length === 0 && problemsOf(keys, 'error') === 0 ? 0 : 1
    },
  }
}

function jsonReport({ out }: CheckIo): Printer {
  const record = (kind: string, value: object): void => out(printJson({ record: kind, ...value }))
  return {
    faulty(problems) {
      for (const problem of problems) record('problem', problem)
      record('bundle', { ok: false, problems: problems.filter(({ severity }) => severity === 'error').length })
      return 1
    },
    sound(bundle, results, keys) {
      for (const problem of [...bundle.warnings, ...(keys?.problems ?? [])]) record('problem', problem)
      for (const result of results) record('case', result)
      const failed = results.filter(({ passed }) => !passed).length
      const ok = failed === 0 && problemsOf(keys, 'error') === 0
      const warnings = bundle.warnings.length + problemsOf(keys, 'warning')
      const counts = { ...countsOf(bundle), warnings, cases: results.length, failed }
      record('bundle', { ok, hash: bundle.hash, ...counts, ...(keys ? { keys: keys.count } : {}) })
      return ok ? 0 : 1
    },
  }
}

function countsOf({ config, policies }: Bundle) {
  return {
    issuers: config.issuers.size,
    providers: config.providers.size,
    models: config.models.size,
    applications: config.applications.size,
    limits: config.limits.length,
    policies: policies.filter(({ id }) => !id.startsWith(OWN_PREFIX)).length,
  }
}

const problemsOf = (keys: CheckedKeys | undefined, kind: 'error' | 'warning'): number =>
  keys?.problems.filter(({ severity }) => severity === kind).length ?? 0

interface Ran {
  readonly cases: number
  readonly failed: number
  readonly keys: CheckedKeys | undefined
}

function summary(bundle: Bundle, { cases, failed, keys }: Ran): string {
  const { issuers, providers, models, applications, limits, policies } = countsOf(bundle)
  const warnings = bundle.warnings.length + problemsOf(keys, 'warning')
  const errors = problemsOf(keys, 'error')
  return [
    count(issuers, 'issuer'),
    count(providers, 'provider'),
    count(models, 'model'),
    ...(applications > 0 ? [count(applications, 'application')] : []),
    ...(limits > 0 ? [count(limits, 'limit')] : []),
    count(policies, 'policy', 'policies'),
    failed === 0 ? `${count(cases, 'case')} passed` : `${failed} of ${count(cases, 'case')} failed`,
    ...(keys ? [count(keys.count, 'virtual key')] : []),
    ...(errors > 0 ? [count(errors, 'problem')] : []),
    ...(warnings > 0 ? [count(warnings, 'warning')] : []),
  ].join('  ')
}

const count = (amount: number, one: string, many = `${one}s`): string => `${amount} ${amount === 1 ? one : many}`

function caseLines(result: CaseResult, color: boolean): readonly string[] {
  const { file, line, name, wanted, got, nearest, asked } = result
  const lines = [
    `${mark('error', color)} ${plain(`${file}:${line}`)}  ${plain(name)}`,
    `    asked    ${plain(`${printUid(asked.principal)} → ${asked.action} → ${printUid(asked.resource)}`)}`,
    `    wanted   ${plain(printOutcome(wanted))}`,
    `    got      ${plain(printOutcome(got))}`,
  ]
  if (!nearest) return lines
  const width = Math.max(...nearest.clauses.map(({ text }) => plain(text).length))
  return [
    ...lines,
    `    nearest  ${plain(nearest.id)}  ${plain(`${nearest.file}:${nearest.line}`)}`,
    ...nearest.clauses.map(({ text, holds, because }) => {
      const verdict = holds ? '✓' : `✗ ${plain(because ?? '')}`
      return `             ${plain(text).padEnd(width)}  ${verdict}`.trimEnd()
    }),
  ]
}

function printOutcome({ effect, by, tell }: Outcome): string {
  const policies = by === undefined ? '' : ` by ${by.length === 0 ? 'no policy' : by.join(', ')}`
  return `${effect}${policies}${tell === undefined ? '' : `, telling ${JSON.stringify(tell)}`}`
}
