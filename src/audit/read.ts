// Entries of one log in order, from the tiles and then from the journal, so that what was just recorded is found, too.
import { bundleEntries, coveredSize, journalTail } from './log-files.ts'
import { TILE_WIDTH } from './tiles.ts'

/** An entry as it stands in the log. Whatever it holds was checked by nobody. */
export interface ReadEntry {
  readonly index: number
  readonly kind: string
  readonly id: string
  readonly time: string
  readonly [field: string]: unknown
}

export interface Selection {
  /** The first index; 0 unless given. */
  readonly from?: number
  readonly kind?: string
  readonly exchange?: string
  /** Entries read, chosen or not; no bound unless given. */
  readonly most?: number
}

/** How often a writer may move entries from the journal to the tiles while we look. */
const MOST_TURNS = 8

/** `directory` is the log's own. A log that is not there has no entries. */
export async function* readEntries(directory: string, selection: Selection = {}): AsyncGenerator<ReadEntry> {
  const wanted = selection.exchange === undefined ? undefined : Buffer.from(JSON.stringify(selection.exchange))
  let read = 0
  for await (const { bytes, index } of rawEntries(directory, selection.from ?? 0)) {
    if (selection.most !== undefined && read++ >= selection.most) return
    // A search in bytes costs a hundredth of reading JSON that is not wanted.
    if (wanted && !bytes.includes(wanted)) continue
    const entry = parseEntry(bytes, index)
    if (entry && isChosen(entry, selection)) yield entry
  }
}

async function* rawEntries(directory: string, from: number): AsyncGenerator<{ bytes: Buffer; index: number }> {
  let next = Math.max(0, from)
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const size = await coveredSize(directory)
    while (next < size) {
      const bundle = await bundleEntries(directory, Math.floor(next / TILE_WIDTH), size)
      const rest = bundle.slice(next % TILE_WIDTH)
      if (rest.length === 0) return
      for (const bytes of rest) yield { bytes, index: next++ }
    }
    const tail = await journalTail(directory)
    // A journal that begins later was moved into the tiles since the checkpoint was read: look there again.
    if (tail && tail.first > next) continue
    for (const bytes of tail?.entries.slice(next - tail.first) ?? []) yield { bytes, index: next++ }
    return
  }
}

function isChosen(entry: ReadEntry, { kind, exchange }: Selection): boolean {
  return (kind === undefined || entry.kind === kind) && (exchange === undefined || entry['exchange'] === exchange)
}

/** Undefined for bytes that are no entry: a damaged log is shown as far as it can be read. */
export function parseEntry(bytes: Buffer, index: number): ReadEntry | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString())
    if (typeof value !== 'object' || value === null) return undefined
    const { kind, id, time } = value as Record<string, unknown>
    if (typeof kind !== 'string' || typeof id !== 'string' || typeof time !== 'string') return undefined
    return { ...value, index, kind, id, time }
  } catch {
    return undefined
  }
}
