// How far a stream is: by log, the index of the first entry that is not delivered, and the hash of the one before, which tells whether the
// log is still the one that was told of. Kept over restarts in `streams/<name>.json`, which is
// replaced whole and synced: what a crash leaves is the old position or the new one, never half of one.
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { syncDirectory, writeSynced } from '#store/synced-file.ts'

export type Positions = ReadonlyMap<string, Told>

export interface Told {
  /** The index of the first entry that is not delivered. */
  readonly next: number
  /** The leaf hash of the entry before it, hex; undefined where that is not known. */
  readonly last?: string | undefined
}

export interface StreamPosition {
  /** Undefined for a stream that was never begun. Rejects with an Error that names the file and the fix where it cannot be read. */
  load(): Promise<Positions | undefined>
  /** Resolves when it survives the machine. MUST NOT be called twice at a time. */
  save(positions: Positions): Promise<void>
}

const written = z.object({
  stream: z.literal(1),
  positions: z.record(z.string(), z.int().nonnegative()),
  last: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)).default({}),
})

/** `directory` is `streams` of the state directory; it is made. `name` is the bundle's for the stream. */
export function streamPosition(directory: string, name: string): StreamPosition {
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(name)) throw new Error(`no stream can be called ${JSON.stringify(name)}`)
  const path = join(directory, `${name}.json`)
  let known: string | undefined
  return {
    async load() {
      const text = await readFile(path, 'utf8').catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
        throw error
      })
      if (text === undefined) return undefined
      const found = written.safeParse(parsed(text))
      if (!found.success) {
        throw new Error(`${path} holds no position; without it the stream begins anew, at the end of the logs`)
      }
      known = text
      const last = new Map(Object.entries(found.data.last))
      return new Map(Object.entries(found.data.positions).map(([log, next]) => [log, { next, last: last.get(log) }]))
    },
    async save(positions) {
      const last = inOrder(positions, (told) => told.last)
      const text = `${JSON.stringify({ stream: 1, positions: inOrder(positions, ({ next }) => next), last })}\n`
      if (text === known) return
      await mkdir(directory, { recursive: true, mode: 0o700 })
      const next = `${path}.next`
      // What a crash left.
      await rm(next, { force: true })
      await writeSynced(next, Buffer.from(text))
      await rename(next, path)
      await syncDirectory(directory)
      known = text
    },
  }
}

/** By name, so that the same position is the same text. */
function inOrder<T>(positions: Positions, of: (told: Told) => T | undefined): Readonly<Record<string, T>> {
  const all = [...positions].sort(([one], [other]) => (one < other ? -1 : 1))
  const having = all.flatMap(([log, told]): [string, T][] => {
    const value = of(told)
    return value === undefined ? [] : [[log, value]]
  })
  return Object.fromEntries(having)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
