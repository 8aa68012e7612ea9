import type { Edit } from '#access/text.ts'

/** Edits as `splice` takes them: by place, and without those that a larger one covers. */
export function inOrder(edits: readonly Edit[]): readonly Edit[] {
  if (edits.length < 2) return edits
  const kept: Edit[] = []
  for (const edit of [...edits].sort((left, right) => left.start - right.start || right.end - left.end)) {
    const last = kept.at(-1)
    if (!last || edit.start >= last.end) kept.push(edit)
  }
  return kept
}
