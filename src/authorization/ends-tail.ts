// What the end of the authorization server's own log says of sessions: which began, and which ended. Read after a crash, and after a
// write of which nobody knows what became of it, so that nothing is recorded twice.
import { join } from 'node:path'
import { entryReader } from '#audit/follow/entry-at.ts'
import { timeOf } from '#audit/follow/search-terms.ts'
import { type Folders, generationName, generationsOf } from '#audit/generation.ts'
import { parseEntry } from '#audit/read.ts'

export interface LogTail {
  readonly begun: ReadonlySet<string>
  readonly ended: ReadonlySet<string>
  /** Of the newest entry, in milliseconds since the epoch; undefined where there is none. */
  readonly newest: number | undefined
}

/** From the newest entry back, to the first that is older than what `since` makes of the newest one's time. */
export type ReadTail = (since: (newest: number) => number) => Promise<LogTail>

const SESSION = Buffer.from('"kind":"session"')

/** Over all generations of the family. Of bytes that are no entry nothing is said. */
export const tailOf =
  (folders: Folders, family: string): ReadTail =>
  async (since) => {
    const tail = { begun: new Set<string>(), ended: new Set<string>() }
    let newest: number | undefined
    for (const number of (await generationsOf(folders, family)).toReversed()) {
      const reader = entryReader(join(folders.directory, generationName({ family, number })))
      for await (const { bytes, index } of reader.back(0)) {
        const entry = parseEntry(bytes, index)
        if (!entry) continue
        newest ??= timeOf(entry)
        if (timeOf(entry) < since(newest)) return { ...tail, newest }
        if (!bytes.includes(SESSION) || typeof entry['session'] !== 'string') continue
        if (entry['what'] === 'begin') tail.begun.add(entry['session'])
        if (entry['what'] === 'end') tail.ended.add(entry['session'])
      }
    }
    return { ...tail, newest }
  }
