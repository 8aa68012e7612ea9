// The official validator, in strict mode, against the bundle's own schema: misspelt attributes, types that never compare,
// optional attributes read unguarded, and policies that can hold for no request at all.
import { validate, type ValidationError } from '@cedar-policy/cedar-wasm/nodejs'
import type { ParsedPolicy } from '#policy/cedar/parsed-policy.ts'
import { ACTIONS, CONTEXT_NAMES, ENTITY_TYPES, SESSION_FACTS } from '#policy/schema.ts'
import { suggest } from './nearest.ts'
import { placeIn } from './policies.ts'
import { type Problem, quote, type Report } from './problem.ts'

export function validatePolicies(policies: readonly ParsedPolicy[], schema: string, report: Report): void {
  // Keyed by position: ids may still stand twice, and must not hide each other here.
  const staticPolicies = Object.fromEntries(policies.map(({ text }, index) => [`p${index}`, text]))
  const answer = validate({ schema, policies: { staticPolicies }, validationSettings: { mode: 'strict' } })
  if (answer.type === 'failure') {
    const message = `could not be validated: ${answer.errors.map((error) => error.message).join('; ')}`
    report({
      severity: 'error',
      file: 'policies',
      line: 1,
      column: 1,
      path: '',
      message,
      fix: 'Look at the errors above.',
    })
    return
  }
  const policyOf = ({ policyId }: ValidationError): ParsedPolicy | undefined => policies[Number(policyId.slice(1))]
  const seen = new Set<string>()
  const wrong = new Set<ParsedPolicy>()
  for (const found of answer.validationErrors) {
    const policy = policyOf(found)
    if (!policy) continue
    wrong.add(policy)
    reportOnce(problemOf(found, policy), seen, report)
  }
  for (const found of answer.validationWarnings) {
    const policy = policyOf(found)
    // What is wrong is impossible as well; saying so twice helps nobody.
    if (policy && !wrong.has(policy)) reportOnce(warningOf(found, policy), seen, report)
  }
}

function problemOf({ error }: ValidationError, policy: ParsedPolicy): Problem {
  const [message, fix] = wordsOf(error.message, error.help)
  return { severity: 'error', file: policy.file, ...place(error, policy), path: policy.id, message, fix }
}

function warningOf({ error }: ValidationError, policy: ParsedPolicy): Problem {
  const impossible = /policy is impossible|unable to find an applicable action/.test(error.message)
  const at = impossible ? placeIn(policy, 0) : place(error, policy)
  const [message, fix] = impossible
    ? [
        'can never apply: no request fits its scope and conditions',
        'Remove it, or look at its types: who asks what of what?',
      ]
    : wordsOf(error.message, error.help)
  return { severity: 'warning', file: policy.file, ...at, path: policy.id, message, fix }
}

function place({ sourceLocations }: ValidationError['error'], policy: ParsedPolicy): ReturnType<typeof placeIn> {
  // The validator counts UTF-8 bytes.
  const bytes = Buffer.from(policy.text).subarray(0, sourceLocations?.[0]?.start ?? 0)
  return placeIn(policy, bytes.toString('utf8').length)
}

function wordsOf(text: string, help: string | null): readonly [message: string, fix: string] {
  const message = text.replace(/^for policy `[^`]*`, /, '')
  // The official hints change from run to run where nothing is near.
  const [, strange] = /^unrecognized action `Action::"([^"]*)"`$/.exec(message) ?? []
  if (strange !== undefined)
    return [`names an action that does not exist: ${quote(strange)}`, suggest(strange, ACTIONS)]
  const [, type] = /^unrecognized entity type `([^`]*)`$/.exec(message) ?? []
  if (type !== undefined) return [`names a type that does not exist: ${quote(type)}`, suggest(type, ENTITY_TYPES)]
  const [, name, action] = /^attribute `(\w+)` in context for Action::"([\w-]+)" not found$/.exec(message) ?? []
  if (name !== undefined && action !== undefined) {
    // The official hint looks at one action only, and offers whatever that one has.
    if (!CONTEXT_NAMES.includes(name)) return [`context has no attribute ${name}`, suggest(name, CONTEXT_NAMES)]
    return [`reads context.${name}, which ${action} does not have`, 'Name its actions: action == Action::"infer".']
  }
  const [, fact] = /^attribute `session\.(\w+)` in context for Action::"[\w-]+" not found$/.exec(message) ?? []
  if (fact !== undefined) return [`context.session has no attribute ${fact}`, suggest(fact, SESSION_NAMES)]
  return [message, help === null ? 'Compare with the schema: `sallyport check --schema` prints it.' : sentence(help)]
}

const SESSION_NAMES = Object.keys(SESSION_FACTS).map((name) => name.replace('?', ''))

const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? '' : '.'}`

/** The same is found once for every action and type of principal that a policy is for: one line will do. */
function reportOnce(problem: Problem, seen: Set<string>, report: Report): void {
  const key = JSON.stringify([problem.file, problem.line, problem.column, problem.message])
  if (seen.has(key)) return
  seen.add(key)
  report(problem)
}
