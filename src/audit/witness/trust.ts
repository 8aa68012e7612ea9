// Which logs a witness watches, and by which key each. A key comes from its operator, from a control log that is watched
// itself (every log's birth is an entry there), or from what was cosigned before: a witness never lets go by itself.
import { join } from 'node:path'
import { fieldsOf } from '#audit/verify/entry-form.ts'
import { hashLeaf, RootOfLeaves } from '#audit/verify/merkle.ts'
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

/** Control logs, and the generations that follow them. */
export const isControlLog = (log: string): boolean => /^control(-[0-9]{1,6})?$/.test(log)

/** Reads births from one control log as it grows, each entry once. */
export interface Births {
  /**
   * The keys in its first `size` entries, where these give `root`: a root that was cosigned. Undefined where they do not, and then
   * all is read again next time.
   */
  upTo(size: number, root: Buffer): Promise<readonly LogKey[] | undefined>
}

export function readBirths(auditDirectory: string, control: string): Births {
  const directory = join(auditDirectory, control)
  let tree = new RootOfLeaves()
  let keys: LogKey[] = []
  let next = 0

  async function read(size: number): Promise<void> {
    while (next < size) {
      const index = Math.floor(next / 256)
      const parts = await readEntries(directory, index, Math.min(256, size - index * 256))
      const entries = parts === 'missing' ? [] : parts.parts.slice(next % 256)
      if (entries.length === 0) return
      for (const entry of entries) {
        tree.add(hashLeaf(entry))
        const key = birthOf(entry)
        if (key) keys.push(key)
      }
      next += entries.length
    }
  }

  return {
    async upTo(size, root) {
      await read(size)
      if (next === size && tree.root().equals(root)) return [...keys]
      ;[tree, keys, next] = [new RootOfLeaves(), [], 0]
      return undefined
    },
  }
}

function birthOf(entry: Buffer): LogKey | undefined {
  const { kind, what, subject, after } = fieldsOf(entry) ?? {}
  if (kind !== 'change' || what !== 'log-birth' || typeof subject !== 'string' || typeof after !== 'string') return
  const key = readLogKey(after)
  return key && readOrigin(key.key.name)?.log === subject ? key : undefined
}
