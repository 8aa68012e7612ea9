// RFC 6962 section 2.1 once more, as a stack of perfect subtrees: a leaf joins its left neighbours of equal size.
import { createHash } from 'node:crypto'

export function hashLeaf(entry: Uint8Array): Buffer {
  return createHash('sha256').update(Buffer.of(0)).update(entry).digest()
}

export function hashNode(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest()
}

/** The root of a growing tree, in memory that grows with the logarithm of its size. */
export class RootOfLeaves {
  readonly #peaks: { readonly leaves: number; readonly hash: Buffer }[] = []

  add(leaf: Buffer): void {
    let peak = { leaves: 1, hash: leaf }
    for (let left = this.#peaks.at(-1); left?.leaves === peak.leaves; left = this.#peaks.at(-1)) {
      this.#peaks.pop()
      peak = { leaves: peak.leaves * 2, hash: hashNode(left.hash, peak.hash) }
    }
    this.#peaks.push(peak)
  }

  root(): Buffer {
    let root: Buffer | undefined
    for (const { hash } of this.#peaks.toReversed()) root = root ? hashNode(hash, root) : hash
    return root ?? createHash('sha256').digest()
  }
}

export function rootOfAll(leaves: readonly Buffer[]): Buffer {
  const tree = new RootOfLeaves()
  for (const leaf of leaves) tree.add(leaf)
  return tree.root()
}

/** A growing tree that keeps the roots it had at some sizes. */
export class MarkedRoot {
  readonly #tree = new RootOfLeaves()
  readonly #marks: ReadonlySet<number>
  readonly #roots = new Map<number, Buffer>()
  #size = 0

  constructor(marks: ReadonlySet<number>) {
    this.#marks = marks
    if (marks.has(0)) this.#roots.set(0, this.#tree.root())
  }

  add(leaf: Buffer): void {
    this.#tree.add(leaf)
    this.#size += 1
    if (this.#marks.has(this.#size)) this.#roots.set(this.#size, this.#tree.root())
  }

  root(): Buffer {
    return this.#tree.root()
  }

  /** Undefined where it never was so large, or this was no mark. */
  at(size: number): Buffer | undefined {
    return this.#roots.get(size)
  }
}
