// Several workers share one port, and a scrape reaches any of them: each leaves its figures in a file, and the one that is asked adds
// the others'. Every series has its worker's name, so that a worker that starts anew resets its own counters and no sum.
//
// Whoever is asked writes its own file before it answers: the next one to be asked knows no less of it, so no counter goes back.
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Family } from './family.ts'

export interface WorkerFigures {
  /** Writes this worker's figures. Never throws: what cannot be written is missing at the others, and counted. */
  leave(families: readonly Family[]): void
  /** Of the other workers, as they were at most a second ago. */
  others(): Promise<readonly Family[]>
  /** Writes that failed. */
  failures(): number
  /** Takes the file away. */
  close(): void
}

export interface WorkerPlace {
  readonly directory: string
  /** The log's name, which is the worker's. */
  readonly log: string
  readonly now: () => number
}

/** What was left longer ago is of a worker that is gone. */
const STALE_MS = 10_000
const MOST_BYTES = 4 * 1024 * 1024
const MOST_FILES = 128
const FILE = /^gateway-[0-9]{1,2}\.json$/

export async function workerFigures({ directory, log, now }: WorkerPlace): Promise<WorkerFigures> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const own = join(directory, `${log}.json`)
  let failures = 0
  let reading: Promise<readonly Family[]> | undefined
  let next: Promise<readonly Family[]> | undefined

  const readOthers = async (): Promise<readonly Family[]> => {
    const names = await readdir(directory).catch(() => [])
    const files = names.filter((name) => FILE.test(name) && name !== `${log}.json`).slice(0, MOST_FILES)
    const found = await Promise.all(files.map((name) => readFigures(join(directory, name), now())))
    return found.flat()
  }
  // One reading at a time, however many ask. Who comes while it is under way gets the next: this one may have passed a file
  // that was renewed since.
  const read = (): Promise<readonly Family[]> => {
    const begun = readOthers().finally(() => {
      if (reading === begun) reading = undefined
    })
    reading = begun
    return begun
  }
  return {
    leave(families) {
      try {
        const half = `${own}.new`
        writeFileSync(half, JSON.stringify({ at: now(), families }), { mode: 0o600 })
        renameSync(half, own)
      } catch {
        failures++
      }
    },
    others() {
      if (next) return next
      if (!reading) return read()
      next = reading.then(() => {
        next = undefined
        return read()
      })
      return next
    },
    failures: () => failures,
    close() {
      rmSync(own, { force: true })
    },
  }
}

/** None where the file is old, broken, or of somebody who writes otherwise. */
export async function readFigures(path: string, now: number): Promise<readonly Family[]> {
  try {
    if ((await stat(path)).size > MOST_BYTES) return []
    return familiesIn(JSON.parse(await readFile(path, 'utf8')), now)
  } catch {
    return []
  }
}

function familiesIn(left: unknown, now: number): readonly Family[] {
  if (typeof left !== 'object' || left === null || !('at' in left) || !('families' in left)) return []
  const { at, families } = left
  if (typeof at !== 'number' || !(Math.abs(now - at) <= STALE_MS) || !Array.isArray(families)) return []
  return families.filter(isFamily)
}

const TYPES: ReadonlySet<unknown> = new Set(['counter', 'gauge', 'histogram'])

function isFamily(value: unknown): value is Family {
  if (typeof value !== 'object' || value === null) return false
  const { name, type, help, lines } = value as Readonly<Record<keyof Family, unknown>>
  return (
    typeof name === 'string' &&
    /^[a-z_]{1,100}$/.test(name) &&
    TYPES.has(type) &&
    typeof help === 'string' &&
    typeof lines === 'string'
  )
}
