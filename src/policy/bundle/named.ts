import { type Field, type Known, listOf, referenceOf } from './field.ts'

/** The name of a thing that the bundle has, rather than the thing. Reported where there is none. */
export function nameIn<T>(field: Field, what: string, known: Known<T>): string | undefined {
  if (referenceOf(field, what, known) === undefined) return undefined
  return field.node.kind === 'text' ? field.node.text : undefined
}

export const namesIn = <T>(field: Field, what: string, known: Known<T>): readonly string[] | undefined =>
  listOf(field, `${what}s`, (item) => nameIn(item, what, known))
