// `as: User::okta/{sub}`: how an issuer's tokens name their principal. What is checked here is what makes two different
// callers end up as one: no placeholder, two that touch, or an issuer whose names begin like another's.
import { type Field, fault, textOf } from './field.ts'
import { suggest } from './nearest.ts'
import { quote } from './problem.ts'

const TYPES: readonly string[] = ['User', 'App', 'Agent', 'Judge']

export function templateOf(field: Field): string | undefined {
  const text = textOf(field, 'a name such as User::okta/{sub}')
  if (text === undefined) return undefined
  const wrong = (message: string, fix: string): undefined => fault(field, message, fix)
  const [, type, rest] = /^([A-Za-z]+)::(.+)$/s.exec(text) ?? []
  if (type === undefined || rest === undefined) {
    return wrong(`must be TYPE::TEXT with {claims}, but is ${quote(text)}`, 'Write it as User::okta/{sub}.')
  }
  if (!TYPES.includes(type)) return wrong(`names an unknown type: ${quote(type)}`, suggest(type, TYPES))
  // Odd places of the split are placeholders: "a{b}c" is "a", "b", "c".
  const parts = rest.split(/\{([^{}]*)\}/)
  const literals = parts.filter((_, place) => place % 2 === 0)
  const claims = parts.filter((_, place) => place % 2 === 1)
  if (literals.some((literal) => /[{}]/.test(literal))) {
    return wrong('has a brace without its partner', 'Write each claim as {name}.')
  }
  if (claims.length === 0) return wrong('names no {claim}: everybody would be the same principal', 'Add {sub}.')
  if (claims.includes('')) return wrong('has an empty {}', 'Write the name of a claim between the braces.')
  if (literals.slice(1, -1).includes('')) {
    return wrong('has two claims without text between them', 'Put a separator between them: {org}/{repository}.')
  }
  return text
}

/** Type and text before the first claim. Names of two issuers are apart if neither start begins with the other. */
export function templateStart(template: string): string {
  return template.slice(0, template.indexOf('{'))
}

/** Whether a template could print this name, judged by the texts between its claims. Errs towards yes. */
export function couldName(template: string, { type, id }: { readonly type: string; readonly id: string }): boolean {
  const [start = '', ...rest] = template.slice(`${type}::`.length).split(/\{[^{}]*\}/)
  if (!template.startsWith(`${type}::`) || !id.startsWith(start) || !id.endsWith(rest.at(-1) ?? '')) return false
  return rest.every((literal) => id.slice(start.length).includes(literal))
}
