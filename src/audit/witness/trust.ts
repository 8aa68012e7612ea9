// Which logs a witness watches, and by which key each. A key comes from its operator, from a control log that is watched
// itself (every log's birth is an entry there), or from what was cosigned before: a witness never lets go by itself.
import { join } from 'node:path'
import { fieldsOf } from '#audit/verify/entry-form.ts'
import { hashLeaf, RootOfLeaves } from '#audit/verify/merkle.ts'
import { readEnd, type RecordedEnd } from '#audit/verify/seals.ts'
import { readEntries } from '#audit/verify/tile-files.ts'
import { readOrigin } from '#audit/verify/witnessed.ts'
import { type LogKey, readLogKey } from './memory.ts'

export interface Trust {
  keyOf(origin: string): LogKey | undefined
  all(): readonly LogKey[]
  /** False where another key is trusted for its origin, or it is no log of ours whose name and key agree. */
  add(key: LogKey): boolean
}

export function makeTrust(keys: readonly LogKey[]): Trust {
  const trusted = new Map<string, LogKey>()
  const add = (log: LogKey): boolean => {
    const { name, fingerprint } = log.key
    const ours = readOrigin(name)
    if (name.startsWith('sallyport/') && ours?.fingerprint !== fingerprint) return false
    const known = trusted.get(name)
    if (!known) trusted.set(name, log)
    return known === undefined || known.line === log.line
  }
  for (const key of keys) if (!add(key)) throw new Error(`two keys for one log: ${key.key.name}`)
  return { keyOf: (origin) => trusted.get(origin), all: () => [...trusted.values()], add }
}

/** What a control log, or the owner's, says of other logs. */
export interface Records {
  /** By births and seals. */
  readonly keys: readonly LogKey[]
  /** How others ended, in the order of the entries. */
  readonly sealed: readonly NamedEnd[]
  /** Logs that were removed when their time was over, as they were. */
  readonly removed: readonly NamedEnd[]
}

export interface NamedEnd extends RecordedEnd {
  readonly log: string
}

/** Reads such a log as it grows, each entry once. */
export interface RecordReader {
  /**
   * What its first `size` entries say, where these give `root`: a root that was cosigned. Undefined where they do not, and then
   * all is read again next time.
   */
  upTo(size: number, root: Buffer): Promise<Records | undefined>
}

export function readRecords(auditDirectory: string, log: string): RecordReader {
  const directory = join(auditDirectory, log)
  let tree = new RootOfLeaves()
  let keys: LogKey[] = []
  let sealed: NamedEnd[] = []
  let removed: NamedEnd[] = []
  let next = 0

  function take(entry: Buffer): void {
    tree.add(hashLeaf(entry))
    next += 1
    const { kind, what, subject, before, after } = fieldsOf(entry) ?? {}
    if (kind !== 'change' || typeof subject !== 'string') return
    const end = what === 'log-removal' ? readEnd(before) : what === 'log-seal' ? readEnd(after) : undefined
    if (end) (what === 'log-removal' ? removed : sealed).push({ log: subject, ...end })
    if (typeof after !== 'string') return
    // A seal names the log that follows, and its key.
    const [name = '', line = ''] = what === 'log-seal' && subject === log ? after.split(' ') : [subject, after]
    const key = what === 'log-birth' || what === 'log-seal' ? readLogKey(line) : undefined
    if (key && readOrigin(key.key.name)?.log === name) keys.push(key)
  }

  return {
    async upTo(size, root) {
      while (next < size) {
        const index = Math.floor(next / 256)
        const parts = await readEntries(directory, index, Math.min(256, size - index * 256))
        const entries = parts === 'missing' ? [] : parts.parts.slice(next % 256)
        if (entries.length === 0) break
        for (const entry of entries) take(entry)
      }
      if (next === size && tree.root().equals(root))
        return { keys: [...keys], sealed: [...sealed], removed: [...removed] }
      ;[tree, keys, sealed, removed, next] = [new RootOfLeaves(), [], [], [], 0]
      return undefined
    },
  }
}
