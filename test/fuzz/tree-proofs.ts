// Consistency and inclusion as the standards define them over whole lists, beside what the readers of proofs say: a proof that was
// made is accepted, one that was tampered with is not, for whatever sizes.
import { createHash } from 'node:crypto'
import { strictEqual } from 'node:assert'
import * as fc from 'fast-check'
import { isConsistent } from '#audit/verify/consistency.ts'
import { rootFromPath } from '#audit/verify/inclusion.ts'
import type { FuzzTarget } from './parts/target.ts'

const RUNS = 60

const sizes = fc.tuple(fc.integer({ min: 1, max: 70 }), fc.nat({ max: 70 }), fc.nat()).map(([most, other, which]) => ({
  later: Math.max(most, other),
  earlier: Math.min(most, other),
  index: which % most,
}))
type Sizes = typeof sizes extends fc.Arbitrary<infer T> ? T : never
const change = fc.record({
  at: fc.nat(),
  by: fc.integer({ min: 1, max: 255 }),
  what: fc.constantFrom('bit', 'drop', 'add'),
})
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

export const target: FuzzTarget = {
  name: 'tree-proofs',
  run(seed) {
    fc.assert(fc.property(sizes, change, judgeConsistency), { seed, numRuns: RUNS })
    fc.assert(fc.property(sizes, change, judgeInclusion), { seed, numRuns: RUNS })
    return 2 * RUNS
  },
}

const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
  parts.reduce((digest, part) => digest.update(part), createHash('sha256')).digest()
const leaf = (index: number): Buffer => sha256(Buffer.of(0), Buffer.from(`entry ${index}`))

/** RFC 6962 section 2.1: of the entries from one to before another. */
function rootOf(from: number, to: number): Buffer {
  if (to === from) return sha256()
  if (to - from === 1) return leaf(from)
  const middle = from + splitOf(to - from)
  return sha256(Buffer.of(1), rootOf(from, middle), rootOf(middle, to))
}

function splitOf(count: number): number {
  let power = 1
  while (power * 2 < count) power *= 2
  return power
}

/** Section 2.1.1. */
function pathOf(index: number, from: number, to: number): readonly Buffer[] {
  if (to - from === 1) return []
  const middle = from + splitOf(to - from)
  return index < middle
    ? [...pathOf(index, from, middle), rootOf(middle, to)]
    : [...pathOf(index, middle, to), rootOf(from, middle)]
}

/** Section 2.1.2. */
function proofOf(earlier: number, from: number, to: number, isWhole: boolean): readonly Buffer[] {
  if (earlier === to) return isWhole ? [] : [rootOf(from, to)]
  const middle = from + splitOf(to - from)
  return earlier <= middle
    ? [...proofOf(earlier, from, middle, isWhole), rootOf(middle, to)]
    : [...proofOf(earlier, middle, to, false), rootOf(from, middle)]
}

function changed(proof: readonly Buffer[], { at, by, what }: Change): readonly Buffer[] {
  if (what === 'add') return proof.toSpliced(at % (proof.length + 1), 0, leaf(by))
  const place = at % Math.max(proof.length, 1)
  if (what === 'drop' || proof.length === 0) return proof.toSpliced(place, 1)
  return proof.map((hash, index) => {
    if (index !== place) return hash
    const copy = Buffer.from(hash)
    copy[at % 32] = (copy[at % 32] ?? 0) ^ by
    return copy
  })
}

function judgeConsistency({ earlier, later }: Sizes, how: Change): void {
  const [old, head] = [
    { size: earlier, root: rootOf(0, earlier) },
    { size: later, root: rootOf(0, later) },
  ]
  const proof = earlier === 0 ? [] : proofOf(earlier, 0, later, true)
  strictEqual(isConsistent(old, head, proof), true)
  const other = changed(proof, how)
  if (other.length !== proof.length || proof.length > 0) strictEqual(isConsistent(old, head, other), false)
  // Another history is not a beginning of this one.
  if (earlier > 0) strictEqual(isConsistent({ size: earlier, root: leaf(how.by + 1_000) }, head, proof), false)
}

function judgeInclusion({ later, index }: Sizes, how: Change): void {
  const at = index % later
  const path = pathOf(at, 0, later)
  const root = rootOf(0, later).toString('hex')
  const rootBy = (hashes: readonly Buffer[]): string | undefined =>
    rootFromPath({ hash: leaf(at), index: at }, later, hashes)?.toString('hex')
  strictEqual(rootBy(path), root)
  const other = changed(path, how)
  if (other.length !== path.length || path.length > 0) strictEqual(rootBy(other) === root, false)
}
