// What a witness remembers of the logs: its latest cosigned checkpoint of each, and which earlier ones it saw. A witness is
// believed in what its key signed, and in nothing else.
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { cosignedAt, type WitnessKey } from './cosignature.ts'
import { readNote } from './note-text.ts'
import { MOST, readRegularFile, UnreadableFile } from './regular-file.ts'

/** The largest tree of a log that a witness vouches for. */
export interface Witnessed {
  /** The witness's key name. */
  readonly by: string
  readonly origin: string
  readonly size: number
  readonly root: Buffer
  /** When it said so, in seconds since the epoch. */
  readonly time: number
  /**
   * When the witness saw the log at this size and with this root, for what it still remembers. Not signed: it tells a log that was
   * put back as it once was from one that was cut where it never ended, and decides nothing.
   */
  readonly seen?: (size: number, root: Buffer) => number | undefined
}

/** A part of a sentence where it vouches for nothing. */
export function readWitnessed(bytes: Buffer, key: WitnessKey): Witnessed | string {
  const note = readNote(bytes)
  if (typeof note === 'string') return `it is no checkpoint: ${note}`
  const time = cosignedAt(note, key)
  if (time === 'unsigned') return `it has no cosignature of ${key.name}`
  if (time === 'forged') return `its cosignature is not one of ${key.name}`
  return { by: key.name, origin: note.origin, size: note.size, root: note.root, time }
}

/** Where a witness keeps what it knows of a log, and serves it: lower-case hex (C2SP tlog-witness). */
export function placeOfOrigin(origin: string): string {
  return createHash('sha256').update(origin).digest('hex')
}

/** `sallyport/<fingerprint>/<log>`; undefined for a log of others. */
export function readOrigin(origin: string): { readonly fingerprint: string; readonly log: string } | undefined {
  const [, fingerprint, log] = /^sallyport\/([0-9a-f]{8})\/([a-z][a-z0-9-]{0,62})$/.exec(origin) ?? []
  return fingerprint === undefined || log === undefined ? undefined : { fingerprint, log }
}

export interface WitnessReading {
  readonly witnessed: readonly Witnessed[]
  /** Whole sentences. With any, the witness has not vouched for all that it should know. */
  readonly faults: readonly string[]
}

/** From the witness's own directory, or a copy of it. Rejects with the system's error where it cannot be listed. */
export async function readWitnessDirectory(directory: string, key: WitnessKey): Promise<WitnessReading> {
  const witnessed: Witnessed[] = []
  const faults: string[] = []
  const found = await readdir(directory, { withFileTypes: true })
  for (const entry of found.filter(({ name }) => /^[0-9a-f]{64}$/.test(name))) {
    const read = entry.isDirectory() ? await readPlace(join(directory, entry.name), key) : 'it is no directory'
    const misplaced = typeof read === 'object' && placeOfOrigin(read.origin) !== entry.name
    if (read === undefined) continue
    if (typeof read === 'string') faults.push(`${join(directory, entry.name)} vouches for nothing: ${read}`)
    else if (misplaced) faults.push(`${join(directory, entry.name)} vouches for nothing: it is of ${read.origin}`)
    else witnessed.push(read)
  }
  return { witnessed, faults }
}

/** Undefined where the witness never cosigned: it makes the directory first. */
async function readPlace(place: string, key: WitnessKey): Promise<Witnessed | string | undefined> {
  try {
    const bytes = await readRegularFile(join(place, 'checkpoint'), MOST.note)
    if (!bytes) return undefined
    const read = readWitnessed(bytes, key)
    if (typeof read === 'string') return read
    const seen = readSeen((await readRegularFile(join(place, 'seen'), MOST.seen))?.toString() ?? '')
    return { ...read, seen: (size, root) => seen.get(`${size} ${root.toString('base64')}`) }
  } catch (error) {
    if (error instanceof UnreadableFile) return `${error.path} ${error.message}`
    throw error
  }
}

/** Lines of time, size and root; what is torn or strange is passed over. */
function readSeen(text: string): ReadonlyMap<string, number> {
  const seen = new Map<string, number>()
  for (const line of text.split('\n')) {
    const [, time, head] = /^([0-9]{1,15}) ([0-9]{1,15} [A-Za-z0-9+/]{43}=)$/.exec(line) ?? []
    if (time !== undefined && head !== undefined) seen.set(head, Number(time))
  }
  return seen
}
