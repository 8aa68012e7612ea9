// Finds one exchange in all logs. An exchange id carries its time of arrival and entries stand about in order of time,
// so the search begins where that time is. It is bounded however the logs are, and whatever the id claims.
import { join } from 'node:path'
import { ulidTime } from '#lib/ulid.ts'
import { generationName, generationOf } from './generation.ts'
import { bundleEntries, coveredSize, hasEntries, journalTail, logNames } from './log-files.ts'
import { parseEntry, type ReadEntry } from './read.ts'
import { TILE_WIDTH } from './tiles.ts'

/** 65,536 entries. */
const MOST_BUNDLES = 256
/** How far clocks may have stepped back, in milliseconds. */
const LEEWAY = 10_000
/** An exchange that has no decision this long after its arrival has none, in milliseconds. */
const LONGEST_ARRIVAL = 3_600_000
/** Logs that are searched, and generations of one that are asked when they were born. */
const MOST_LOGS = 64
const MOST_GENERATIONS = 1_000

/** What whoever asks is told besides, where the search was not complete. */
export const NOT_ALL_SEARCHED =
  'sallyport: not all of it was searched: there are more logs or entries than one search reads; `sallyport audit show --exchange ID` reads all'

export interface FoundExchange {
  readonly decisions: readonly FoundEntry[]
  readonly outcomes: readonly FoundEntry[]
  /** Entries of other kinds that name the exchange. */
  readonly others: readonly FoundEntry[]
  /** False where the search ended at its bound: an outcome may stand further on. */
  readonly complete: boolean
}

export interface FoundEntry {
  readonly log: string
  /** False where it stands in the journal alone, where nobody vouches for it yet. */
  readonly signed: boolean
  readonly entry: ReadEntry
}

export interface SearchOptions {
  /** Bundles of 256 entries read in one log after the arrival, and after the decision, at most; 256 unless given. */
  readonly bundles?: number
}

/** Resolves to undefined for what is no exchange id, and for an exchange that no log knows. Without entries and not complete: no log that was searched. */
export async function findExchange(
  auditDirectory: string,
  exchange: string,
  { bundles = MOST_BUNDLES }: SearchOptions = {},
): Promise<FoundExchange | undefined> {
  const arrival = ulidTime(exchange)
  if (arrival === undefined) return undefined
  const found: FoundEntry[] = []
  const { logs, all } = await logsOfThen(auditDirectory, arrival)
  let complete = all
  for (const log of logs) {
    const search = await searchLog(join(auditDirectory, log), { exchange, arrival, bundles })
    found.push(...search.entries.map((entry) => ({ log, entry, signed: entry.index < search.size })))
    complete &&= search.complete
  }
  if (found.length === 0 && complete) return undefined
  const ofKind = (kind: string) => found.filter(({ entry }) => entry.kind === kind)
  const others = found.filter(({ entry }) => entry.kind !== 'decision' && entry.kind !== 'outcome')
  const outcomes = ofKind('outcome')
  return { decisions: ofKind('decision'), outcomes, others, complete: complete || outcomes.length > 0 }
}

/**
 * Of each family the generation that took entries when the exchange arrived, and those born until it must have been decided;
 * the gateway's first, by number, since directories that only look like logs can have any name. `all` is false where there are
 * more than are searched.
 */
async function logsOfThen(auditDirectory: string, arrival: number): Promise<{ logs: readonly string[]; all: boolean }> {
  const families = new Map<string, number[]>()
  for (const log of await logNames(auditDirectory)) {
    const { family, number } = generationOf(log)
    families.set(family, [...(families.get(family) ?? []), number])
  }
  const logs: string[] = []
  for (const family of [...families.keys()].sort((left, right) => rank(left) - rank(right))) {
    const newestFirst = (families.get(family) ?? []).sort((left, right) => right - left).slice(0, MOST_GENERATIONS)
    for (const number of newestFirst) {
      const log = generationName({ family, number })
      if (!(await hasEntries(join(auditDirectory, log)))) continue
      if (logs.length === MOST_LOGS) return { logs, all: false }
      const [first] = newestFirst.length > 1 ? await bundleEntries(join(auditDirectory, log), 0, TILE_WIDTH) : []
      const born = timeOf(first) ?? arrival
      if (born <= arrival + LONGEST_ARRIVAL) logs.push(log)
      if (born <= arrival - LEEWAY) break
    }
  }
  return { logs, all: true }
}

function rank(family: string): number {
  const [, worker] = /^gateway-(\d{1,2})$/.exec(family) ?? []
  return worker === undefined ? 100 : Number(worker)
}

interface Wanted {
  readonly exchange: string
  readonly arrival: number
  readonly bundles: number
}

interface Search {
  readonly entries: readonly ReadEntry[]
  /** Entries that a checkpoint covered. */
  readonly size: number
  readonly complete: boolean
}

async function searchLog(directory: string, { exchange, arrival, bundles }: Wanted): Promise<Search> {
  const wanted = Buffer.from(JSON.stringify(exchange))
  // The tail first: what moves from it into the tiles meanwhile is then found there, and entries are kept by index.
  const tail = await journalTail(directory)
  const found = new Map<number, ReadEntry>()
  const note = (bytes: Buffer, index: number): void => {
    if (!bytes.includes(wanted)) return
    const entry = parseEntry(bytes, index)
    if (entry?.['exchange'] === exchange) found.set(index, entry)
  }
  const size = await coveredSize(directory)
  const complete = await searchTiles(directory, { size, arrival, bundles }, found, note)
  // The journal is nobody's word for what a checkpoint covers.
  for (const [at, bytes] of (tail?.entries ?? []).entries()) {
    const index = (tail?.first ?? 0) + at
    if (index >= size) note(bytes, index)
  }
  const entries = [...found.values()].sort((left, right) => left.index - right.index)
  return { entries, size, complete }
}

/** False where the bound was reached before the end of the log, an outcome, or the last moment for a decision. */
async function searchTiles(
  directory: string,
  { size, arrival, bundles }: { size: number; arrival: number; bundles: number },
  found: ReadonlyMap<number, ReadEntry>,
  note: (bytes: Buffer, index: number) => void,
): Promise<boolean> {
  const end = Math.ceil(size / TILE_WIDTH)
  let left = bundles
  for (let index = await bundleBefore(directory, size, arrival - LEEWAY); index < end; index++) {
    if (left-- === 0) return false
    const entries = await bundleEntries(directory, index, size)
    const before = found.size
    for (const [at, bytes] of entries.entries()) note(bytes, index * TILE_WIDTH + at)
    if ([...found.values()].some(({ kind }) => kind === 'outcome')) return true
    if (before === 0 && found.size > 0) left = bundles
    const time = timeOf(entries.at(-1))
    if (found.size === 0 && time !== undefined && time > arrival + LONGEST_ARRIVAL) return true
  }
  return true
}

/** The last bundle that begins at or before a time; the first where none does. */
async function bundleBefore(directory: string, size: number, time: number): Promise<number> {
  let low = 0
  let high = Math.max(0, Math.ceil(size / TILE_WIDTH) - 1)
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    const begins = timeOf((await bundleEntries(directory, middle, size))[0])
    // A bundle that cannot be read sends the search to earlier ones, where nothing is missed.
    if (begins !== undefined && begins <= time) low = middle
    else high = middle - 1
  }
  return low
}

function timeOf(bytes: Buffer | undefined): number | undefined {
  const time = bytes && Date.parse(parseEntry(bytes, 0)?.time ?? '')
  return time === undefined || Number.isNaN(time) ? undefined : time
}
