// A policy as its author wrote it, read but not yet compiled.
import type { PolicyRef } from '#access/decision.ts'
import type { Slots } from './expression.ts'
import type { PolicyJson } from './policy-json.ts'

export interface ParsedPolicy extends PolicyRef {
  /** An annotation without a value is an empty text. Looked up by own name only: it has no prototype. */
  readonly annotations: Readonly<Record<string, string>>
  /** The statement as it stands in the file, from its first annotation to its semicolon. */
  readonly text: string
  /** The official parser's JSON form; its longs are bigint. */
  readonly json: PolicyJson
  /** The slots that a template leaves open; a policy has none. */
  readonly open: readonly string[]
  /** What a link filled a template's slots with. */
  readonly slots: Slots
}

/** What the trail and an explanation keep of a policy. */
export function refOf({ id, effect, file, line }: ParsedPolicy): PolicyRef {
  return { id, effect, file, line }
}

/** The policy that a template becomes under its own id. Throws a TypeError unless exactly the open slots are filled. */
export function linkTemplate(template: ParsedPolicy, id: string, slots: Slots): ParsedPolicy {
  const given = Object.keys(slots)
  if (given.length !== template.open.length || !template.open.every((slot) => given.includes(slot))) {
    throw new TypeError(`the template ${template.id} needs ${template.open.join(' and ') || 'no slots'}`)
  }
  return { ...template, id, open: [], slots }
}
