// How a principal is named from claims: `User::okta/{sub}`, `App::{org}/{repository}`.
// The surprise is what must not happen: two different sets of claims that print the same name.
import type { Principal } from '#access/principal.ts'

export interface Template {
  readonly type: Principal['type']
  /** Literal text before the first placeholder, between each two, and after the last: one more than `claims`. */
  readonly literals: readonly string[]
  /** Exact claim names. */
  readonly claims: readonly string[]
}

const TYPES: readonly Principal['type'][] = ['User', 'App', 'Agent', 'Judge']

/** Throws a plain Error that says what is wrong with the template. */
export function parseTemplate(text: string): Template {
  const wrong = (what: string) => new Error(`the name template ${JSON.stringify(text)} ${what}`)
  const type = TYPES.find((name) => text.startsWith(`${name}::`))
  if (type === undefined) throw wrong('must begin with User::, App::, Agent:: or Judge::')
  // Odd places of the split are placeholders: "a{b}c{d}" is "a", "b", "c", "d", "".
  const parts = text.slice(type.length + 2).split(/\{([^{}]*)\}/)
  const literals = parts.filter((_, place) => place % 2 === 0)
  const claims = parts.filter((_, place) => place % 2 === 1)
  if (literals.some((literal) => /[{}]/.test(literal))) throw wrong('has a brace without its partner')
  if (claims.length === 0) throw wrong('has no {claim}: everybody would be the same principal')
  if (claims.includes('')) throw wrong('has an empty {}')
  if (literals.slice(1, -1).includes('')) throw wrong('needs text between two placeholders')
  return { type, literals, claims }
}

/**
 * Fills the placeholders. Undefined when a value holds a separator, even one completed by the separator that follows
 * it: {a: "x/y", b: "z"} and {a: "x", b: "y/z"} would print the same name.
 */
export function fillTemplate(template: Template, values: readonly string[]): string | undefined {
  const separators = template.literals.slice(1, -1)
  let name = template.literals[0] ?? ''
  for (const [place, value] of values.entries()) {
    const separator = separators[place]
    if (separators.some((each) => value.includes(each))) return undefined
    if (separator !== undefined && (value + separator).indexOf(separator) !== value.length) return undefined
    name += value + (template.literals[place + 1] ?? '')
  }
  return name
}

/** Whether two templates could print the same name, judged by their ends: `{sub}` and `okta/{sub}` could. */
export function mayCollide(left: Template, right: Template): boolean {
  if (left.type !== right.type) return false
  const [leftStart, rightStart] = [left.literals[0] ?? '', right.literals[0] ?? '']
  const [leftEnd, rightEnd] = [left.literals.at(-1) ?? '', right.literals.at(-1) ?? '']
  const startsAgree = leftStart.startsWith(rightStart) || rightStart.startsWith(leftStart)
  return startsAgree && (leftEnd.endsWith(rightEnd) || rightEnd.endsWith(leftEnd))
}
