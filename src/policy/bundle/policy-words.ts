// Words of sessions that policies compare and no session has: a misspelt label would be a forbid that never forbids. Told as
// warnings, since what is compared with something computed cannot be known here.
import type { ParsedPolicy } from '#policy/cedar/parsed-policy.ts'
import { labelsIn } from './case-session.ts'
import type { Config } from './config.ts'
import { suggest } from './nearest.ts'
import { placeIn } from './policies.ts'
import { quote, type Report } from './problem.ts'

export function warnOfWords(policies: readonly ParsedPolicy[], config: Pick<Config, 'systems'>, report: Report): void {
  const known: ReadonlyMap<string, readonly string[]> = new Map([
    ['kind', ['declared', 'implicit']],
    ['trust', ['initial', 'standard', 'elevated']],
    ['bound', ['key', 'network', 'nothing']],
    ['labels', labelsIn(config)],
  ])
  for (const policy of policies) {
    for (const { fact, word } of comparedIn(policy.json.conditions)) {
      const words = known.get(fact)
      if (!words || words.includes(word)) continue
      const at = placeIn(policy, Math.max(0, policy.text.indexOf(JSON.stringify(word))))
      const message = `compares context.session.${fact} with ${quote(word)}, which it never ${fact === 'labels' ? 'holds' : 'is'}`
      report({ severity: 'warning', file: policy.file, ...at, path: policy.id, message, fix: suggest(word, words) })
    }
  }
}

interface Compared {
  readonly fact: string
  readonly word: string
}

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', 'contains', 'containsAny', 'containsAll'])

/** Each literal text that stands against an attribute of the session, on either side. */
function comparedIn(expression: unknown): readonly Compared[] {
  if (typeof expression !== 'object' || expression === null) return []
  return Object.entries(expression).flatMap(([operator, operand]: [string, unknown]) =>
    (COMPARISONS.has(operator) ? pairsOf(operand) : []).concat(comparedIn(operand)),
  )
}

function pairsOf(operand: unknown): readonly Compared[] {
  const [left, right] = [inside(operand, 'left'), inside(operand, 'right')]
  return [
    [left, right],
    [right, left],
  ].flatMap(([one, other]) => {
    const fact = factOf(one)
    return fact === undefined ? [] : wordsOf(other).map((word) => ({ fact, word }))
  })
}

/** `trust` of `context.session.trust`. */
function factOf(expression: unknown): string | undefined {
  const fact = inside(expression, '.')
  const session = inside(inside(fact, 'left'), '.')
  const isOfSession = inside(session, 'attr') === 'session' && inside(inside(session, 'left'), 'Var') === 'context'
  const name = inside(fact, 'attr')
  return isOfSession && typeof name === 'string' ? name : undefined
}

function wordsOf(expression: unknown): readonly string[] {
  const value = inside(expression, 'Value')
  if (typeof value === 'string') return [value]
  const set = inside(expression, 'Set') ?? value
  return Array.isArray(set) ? set.flatMap((item: unknown) => (typeof item === 'string' ? [item] : wordsOf(item))) : []
}

const inside = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined
