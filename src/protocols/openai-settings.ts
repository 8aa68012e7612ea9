// Sets fields of a request on its way out: a value in place of the caller's, or a new member at the end. A body was read
// strictly, so that no field stands twice, under no other spelling.
import type { Edit } from '#access/text.ts'
import { type JsonObject, member } from '#lib/json-node.ts'
import { splice } from '#lib/splice.ts'

/** By name; undefined leaves a field as it is. */
export type Fields = Readonly<Record<string, string | number | boolean | undefined>>

const encoder = new TextEncoder()

export const jsonBytes = (value: string | number | boolean): Edit['with'] => encoder.encode(JSON.stringify(value))

export function withFields(body: Uint8Array, request: JsonObject, fields: Fields): Uint8Array {
  const edits: Edit[] = []
  let added = ''
  for (const name in fields) {
    const value = fields[name]
    if (value === undefined) continue
    const there = member(request, name)
    if (there) edits.push({ start: there.start, end: there.end, with: jsonBytes(value) })
    else {
      const pair = `${JSON.stringify(name)}:${JSON.stringify(value)}`
      added = added === '' ? pair : `${added},${pair}`
    }
  }
  if (edits.length > 1) edits.sort((left, right) => left.start - right.start)
  if (added !== '') edits.push(addition(request, added))
  return splice(body, edits)
}

/** Members behind the others. */
export function addition(object: JsonObject, members: string): Edit {
  const end = object.end - 1
  return { start: end, end, with: encoder.encode(object.members.length > 0 ? `,${members}` : members) }
}
