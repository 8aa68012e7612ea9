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
 * The key as parsers that ignore case read it. Beside ASCII, four characters fold into it: U+017F and U+212A in Go's
 * `encoding/json`, those and U+0130 and U+0131 in Java's `equalsIgnoreCase`. All else stays: known keys are ASCII.
 */
export function foldKey(key: string): string {
  return /[A-Z\u017f\u212a\u0130\u0131]/.test(key) ? key.replaceAll(/[A-Z\u017f\u212a\u0130\u0131]/g, fold) : key
}

function fold(character: string): string {
  if (character === '\u017f') return 's'
  if (character === '\u212a') return 'k'
  if (character === '\u0130' || character === '\u0131') return 'i'
  return character.toLowerCase()
}
