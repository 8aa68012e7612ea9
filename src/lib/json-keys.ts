// Keys that some parser would take for another: the same one twice, or the same but for its case.
import type { JsonMember } from './json-node.ts'

const FEW = 16

/** The first member whose key already stands before it. */
export function findDuplicate(members: readonly JsonMember[]): JsonMember | undefined {
  return members.length <= FEW ? findAmongFew(members) : findAmongMany(members)
}

function findAmongFew(members: readonly JsonMember[]): JsonMember | undefined {
  for (let later = 1; later < members.length; later++) {
    const member = members[later]
    for (let earlier = 0; earlier < later; earlier++) if (members[earlier]?.key === member?.key) return member
  }
  return undefined
}

// Sorted, not hashed: the runtime's hash of strings is unkeyed, so that a sender could choose thousands of keys that
// collide and make a set quadratic.
function findAmongMany(members: readonly JsonMember[]): JsonMember | undefined {
  const sorted = members.map((member) => member.key).sort()
  const twice = sorted.find((key, at) => key === sorted[at - 1])
  if (twice === undefined) return undefined
  const first = members.findIndex((member) => member.key === twice)
  return members.find((member, at) => at > first && member.key === twice)
}

/**
 * The key as parsers that ignore case read it, whatever of it can be ASCII: known keys are. Beside ASCII, four characters
 * fold into it: U+017F and U+212A in Go's `encoding/json`, those and U+0130 and U+0131 in Java's `equalsIgnoreCase`.
 * Each folds to one character, so that a key longer than every known one can be none of them in disguise.
 */
export function foldKey(key: string): string {
  const ascii = /^[\0-\x7f]*$/.test(key) ? key : foldIntoAscii(key)
  return ascii.toLowerCase()
}

/** As parsers read it, besides, that take `maxTokens` or `max-tokens` for `max_tokens`. */
export const foldName = (key: string): string => foldKey(key).replaceAll(/[_-]/g, '')

const foldIntoAscii = (key: string): string =>
  key.replaceAll('\u017f', 's').replaceAll('\u212a', 'k').replaceAll('\u0130', 'i').replaceAll('\u0131', 'i')
