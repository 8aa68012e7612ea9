// The last entry of a log, held against the root that was signed: it says whether the log has ended, and what follows it.
import { fieldsOf } from './entry-form.ts'
import { rootFromPath } from './inclusion.ts'
import { hashLeaf } from './merkle.ts'
import { UnreadableFile } from './regular-file.ts'
import { readEntries } from './tile-files.ts'
import { DamagedTile, TileTree } from './tile-tree.ts'

export interface SignedTree {
  readonly size: number
  readonly root: Buffer
}

/** Undefined where the log is empty, or what stands there is not what was signed. */
export async function provenLast(directory: string, { size, root }: SignedTree): Promise<Buffer | undefined> {
  if (size === 0) return undefined
  const index = size - 1
  try {
    const first = index - (index % 256)
    const read = await readEntries(directory, first / 256, size - first)
    const entry = read === 'missing' ? undefined : read.parts[index - first]
    if (!entry) return undefined
    const path = await new TileTree(directory, size).pathTo(index)
    return rootFromPath({ hash: hashLeaf(entry), index }, size, path)?.equals(root) ? entry : undefined
  } catch (error) {
    const isOfFiles = error instanceof DamagedTile || error instanceof UnreadableFile
    if (isOfFiles || (error instanceof Error && 'code' in error)) return undefined
    throw error
  }
}

export interface Follower {
  readonly log: string
  /** Its verifier key; empty where the seal names none. */
  readonly key: string
  /** When it was sealed, RFC 3339. */
  readonly time: string
}

/** What the seal of a log names; undefined where it has none. */
export async function provenSeal(directory: string, log: string, tree: SignedTree): Promise<Follower | undefined> {
  const entry = await provenLast(directory, tree)
  const { kind, what, subject, after, time } = (entry && fieldsOf(entry)) ?? {}
  if (kind !== 'change' || what !== 'log-seal' || subject !== log || typeof after !== 'string') return undefined
  const [next = '', key = ''] = after.split(' ')
  return { log: next, key, time: typeof time === 'string' ? time : '' }
}
