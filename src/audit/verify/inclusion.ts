// Does an entry stand in a tree? RFC 6962 section 2.1.1, checked as RFC 9162 section 2.1.3.2 spells it out.
// Sizes may be beyond 2^31, so nothing is shifted.
import { hashNode } from './merkle.ts'

export interface PlacedLeaf {
  readonly hash: Buffer
  readonly index: number
}

/** The root that follows from the leaf and its proof in a tree of `size` entries; undefined where the proof is too long or too short. */
export function rootFromPath(leaf: PlacedLeaf, size: number, proof: readonly Buffer[]): Buffer | undefined {
  if (leaf.index >= size) return undefined
  let [node, last] = [leaf.index, size - 1]
  let root = leaf.hash
  for (const hash of proof) {
    if (last === 0) return undefined
    if (node % 2 === 1 || node === last) {
      root = hashNode(hash, root)
      // At the right edge a subtree has no sibling on some levels.
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)]
    } else root = hashNode(root, hash)
    ;[node, last] = [Math.floor(node / 2), Math.floor(last / 2)]
  }
  return last === 0 ? root : undefined
}
