// How far a stream is: by log, the index of the first entry that is not delivered. Kept over restarts in `streams/<name>.json`, which is
// replaced whole and synced: what a crash leaves is the old position or the new one, never half of one.
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { syncDirectory, writeSynced } from '#store/synced-file.ts'

export type Positions = ReadonlyMap<string, number>

export interface StreamPosition {
  /** Undefined for a stream that was never begun. Rejects with an Error that names the file and the fix where it cannot be read. */
  load(): Promise<Positions | undefined>
  /** Resolves when it survives the machine. MUST NOT be called twice at a time. */
  save(positions: Positions): Promise<void>
}

const written = z.object({ stream: z.literal(1), positions: z.record(z.string(), z.int().nonnegative()) })

/** `directory` is `streams` of the state directory; it is made. `name` is the bundle's for the stream. */
export function streamPosition(directory: string, name: string): StreamPosition {
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(name)) throw new Error(`no stream can be called ${JSON.stringify(name)}`)
  const path = join(directory, `${name}.json`)
  let last: string | undefined
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
      last = text
      return new Map(Object.entries(found.data.positions))
    },
    async save(positions) {
      const text = `${JSON.stringify({ stream: 1, positions: inOrder(positions) })}\n`
      if (text === last) return
      await mkdir(directory, { recursive: true, mode: 0o700 })
      const next = `${path}.next`
      // What a crash left.
      await rm(next, { force: true })
      await writeSynced(next, Buffer.from(text))
      await rename(next, path)
      await syncDirectory(directory)
      last = text
    },
  }
}

/** By name, so that the same position is the same text. */
function inOrder(positions: Positions): Readonly<Record<string, number>> {
  return Object.fromEntries([...positions.keys()].sort().map((log) => [log, positions.get(log) ?? 0]))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
