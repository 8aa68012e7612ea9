// Does one tree begin with another? RFC 6962 section 2.1.2, checked as RFC 9162 section 2.1.4.2 spells it out.
// Sizes may be beyond 2^31, so nothing is shifted: halves are taken, and remainders looked at.
import { createHash } from 'node:crypto'
import { hashNode } from './merkle.ts'

export interface TreeHead {
  readonly size: number
  readonly root: Buffer
}

export const EMPTY_ROOT = createHash('sha256').digest()
const odd = (number: number): boolean => number % 2 === 1
const half = (number: number): number => Math.floor(number / 2)

/** `proof` runs from `earlier` to `later`. Every tree begins with the empty one, and that needs no proof. */
export function isConsistent(earlier: TreeHead, later: TreeHead, proof: readonly Buffer[]): boolean {
  if (earlier.size > later.size) return false
  for (const { size, root } of [earlier, later]) if (size === 0 && !root.equals(EMPTY_ROOT)) return false
  if (earlier.size === 0) return proof.length === 0
  if (earlier.size === later.size) return proof.length === 0 && earlier.root.equals(later.root)
  return provenBy(isPowerOfTwo(earlier.size) ? [earlier.root, ...proof] : proof, earlier, later)
}

function provenBy([first, ...rest]: readonly Buffer[], earlier: TreeHead, later: TreeHead): boolean {
  if (!first) return false
  let [node, last] = [earlier.size - 1, later.size - 1]
  while (odd(node)) [node, last] = [half(node), half(last)]
  let [left, whole] = [first, first]
  for (const hash of rest) {
    if (last === 0) return false
    if (odd(node) || node === last) {
      left = hashNode(hash, left)
      whole = hashNode(hash, whole)
      while (!odd(node) && node !== 0) [node, last] = [half(node), half(last)]
    } else whole = hashNode(whole, hash)
    ;[node, last] = [half(node), half(last)]
  }
  return last === 0 && left.equals(earlier.root) && whole.equals(later.root)
}

function isPowerOfTwo(number: number): boolean {
  let rest = number
  while (rest > 1 && !odd(rest)) rest = half(rest)
  return rest === 1
}
