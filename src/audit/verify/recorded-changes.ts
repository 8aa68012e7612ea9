// What a log says of other logs: births, seals, removals. Only what a verified root covers is handed on; the entries are hashed again
// while they are read, since they can be changed after they were verified.
import { join } from 'node:path'
import { fieldsOf } from './entry-form.ts'
import { hashLeaf, RootOfLeaves } from './merkle.ts'
import { UnreadableFile } from './regular-file.ts'
import type { Report } from './report.ts'
import { readEntries } from './tile-files.ts'

export interface RecordedChange {
  /** The log that says so. */
  readonly log: string
  readonly what: string
  /** A name that a log can have: it becomes a path. */
  readonly subject: string
  readonly fields: Readonly<Record<string, unknown>>
}

const OF_LOGS: ReadonlySet<unknown> = new Set(['log-birth', 'log-seal', 'log-removal'])

/** In their order. Undefined where the entries are not, or no longer, the ones that were verified; nothing of them counts then. */
export async function provenChanges(
  auditDirectory: string,
  { log, entries: size, root, ok }: Report,
): Promise<readonly RecordedChange[] | undefined> {
  if (!ok) return undefined
  const changes: RecordedChange[] = []
  const tree = new RootOfLeaves()
  try {
    for (let index = 0; index * 256 < size; index++) {
      const read = await readEntries(join(auditDirectory, log), index, Math.min(256, size - index * 256))
      if (read === 'missing') return undefined
      for (const entry of read.parts) {
        tree.add(hashLeaf(entry))
        const change = changeIn(entry, log)
        if (change) changes.push(change)
      }
    }
  } catch (error) {
    if (error instanceof UnreadableFile || (error instanceof Error && 'code' in error)) return undefined
    throw error
  }
  return tree.root().toString('hex') === root ? changes : undefined
}

function changeIn(entry: Buffer, log: string): RecordedChange | undefined {
  // Most entries are of something else, and are not taken apart twice.
  if (!entry.includes('"log-')) return undefined
  const fields = fieldsOf(entry) ?? {}
  const { kind, what, subject } = fields
  if (kind !== 'change' || typeof what !== 'string' || !OF_LOGS.has(what) || !isLogName(subject)) return undefined
  return { log, what, subject, fields }
}

const isLogName = (value: unknown): value is string => typeof value === 'string' && /^[a-z][a-z0-9-]{0,62}$/.test(value)
