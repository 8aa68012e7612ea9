// `teams:`: which directory groups make up a team.
import { entriesOf, fault, type Field, isName, listOf, textOf } from './field.ts'
import { suggest } from './nearest.ts'
import { quote } from './problem.ts'

export function readTeams(field: Field, issuers: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const teams = new Map<string, readonly string[]>()
  for (const entry of entriesOf(field, 'teams')) {
    if (!isName(entry, 'a team')) continue
    // Without a group of a directory it is a team of keys alone.
    const { node } = entry.field
    const isEmpty = node.kind === 'list' && node.items.length === 0
    const groups = isEmpty ? [] : listOf(entry.field, 'issuer:group', (item) => groupOf(item, issuers))
    teams.set(entry.name, groups ?? [])
  }
  return teams
}

/** Split at the first colon: a directory's own group names may hold more of them. */
function groupOf(field: Field, issuers: readonly string[]): string | undefined {
  const text = textOf(field, 'a group as issuer:group')
  if (text === undefined) return undefined
  const colon = text.indexOf(':')
  const issuer = text.slice(0, Math.max(colon, 0))
  if (colon < 1 || colon === text.length - 1) {
    return fault(
      field,
      `must be issuer:group, but is ${quote(text)}`,
      'Write the issuer of this bundle, a colon, the group.',
    )
  }
  if (issuers.includes(issuer)) return text
  return fault(field, `names an issuer that does not exist: ${quote(issuer)}`, suggest(issuer, issuers))
}
