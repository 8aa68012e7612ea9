// One look at a folder of logs, as it lies there: each is held against what was cosigned before, from its tiles, and
// cosigned anew. Nothing in the folder is written, and nothing there is believed but what a trusted key signed.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type CheckpointNote, readNote } from '#audit/verify/note-text.ts'
import { generationsIn } from '#audit/verify/generations.ts'
import { MOST, readRegularFile, UnreadableFile } from '#audit/verify/regular-file.ts'
import type { RecordedEnd } from '#audit/verify/seals.ts'
import { checkSignatures } from '#audit/verify/signed-note.ts'
import { readEntries } from '#audit/verify/tile-files.ts'
import { DamagedTile, TileTree } from '#audit/verify/tile-tree.ts'
import { readOrigin } from '#audit/verify/witnessed.ts'
import type { LogKey } from './memory.ts'
import { readRecords, type RecordReader, type Trust } from './trust.ts'
import type { Verdict, Witness } from './witness.ts'

export type Sighting = { readonly log: string } & (
  | { readonly kind: 'cosigned'; readonly size: number; readonly before: number | undefined; readonly time: number }
  /** No key is trusted for it: a new log, before the control log records it. It is not cosigned. */
  | { readonly kind: 'stranger' }
  | { readonly kind: 'missing' | 'rolled-back'; readonly seen: number; readonly size: number; readonly time: number }
  | {
      readonly kind: 'forked'
      readonly seen: number
      readonly size: number
      readonly time: number
      readonly kept: string
    }
  /** It is not there: the owner's log says that it was removed, the control log that it had ended so, and no more of it was seen. */
  | { readonly kind: 'removed' }
  /** The checkpoint signs more than is there. */
  | { readonly kind: 'truncated'; readonly size: number }
  | { readonly kind: 'unreadable' | 'damaged' | 'bad-checkpoint'; readonly why: string }
)

export interface Watch {
  /** By log name, in its order. */
  look(): Promise<readonly Sighting[]>
}

/** What `witness` remembers MUST be trusted from the start, before all else. */
export function watchFolder(auditDirectory: string, witness: Witness, trust: Trust): Watch {
  const readers = new Map<string, RecordReader>()
  const sealed = new Map<string, RecordedEnd>()
  const removed = new Set<string>()

  /** What it says counts as far as it was cosigned. */
  async function learn(log: string, controls: readonly string[]): Promise<void> {
    const key = keyFor(log, trust)
    const seen = key && witness.recollect(key.key.name)
    if (!seen) return
    const reader = readers.get(log) ?? readRecords(auditDirectory, log)
    readers.set(log, reader)
    const records = await reader.upTo(seen.size, seen.root).catch(() => undefined)
    if (!records) return
    // The owner's log says what was removed, and no more; the control log all else. What was said first counts.
    if (!controls.includes(log)) {
      for (const end of records.removed) removed.add(named(end.log, end))
      return
    }
    for (const end of records.sealed) if (!sealed.has(end.log)) sealed.set(end.log, end)
    // A log is born once: its first key is the one that it is held to.
    for (const born of records.keys) {
      const name = readOrigin(born.key.name)?.log
      if (name !== undefined && name !== 'control' && !keyFor(name, trust)) trust.add(born)
    }
  }

  /** A removal is of what was sealed, as it was sealed: what is looked for was no more than that. */
  function isRemoved(log: string): boolean {
    const end = sealed.get(log)
    if (!end || !removed.has(named(log, end))) return false
    return witness.remembered().every(({ log: { key }, size, root }) => {
      if (readOrigin(key.name)?.log !== log || size < end.size) return true
      return size === end.size && root.toString('hex') === end.root
    })
  }

  return {
    async look() {
      const entries = await list(auditDirectory)
      const found = new Map(entries.filter(({ name }) => isLogName(name)).map((entry) => [entry.name, entry]))
      const controls = generationsIn([...found.keys()], 'control')
      // First those that say what the others are.
      const first = [...controls, ...generationsIn([...found.keys()], 'owner')]
      const sightings: Sighting[] = []
      for (const log of [...first, ...[...found.keys()].filter((name) => !first.includes(name)).sort()]) {
        const sighting: Sighting = found.get(log)?.isDirectory()
          ? await sight(auditDirectory, { log, key: keyFor(log, trust) }, witness)
          : { log, kind: 'unreadable', why: 'it is no directory' }
        sightings.push(sighting)
        if (sighting.kind === 'cosigned' && first.includes(log)) await learn(log, controls)
      }
      const gone = await missing(auditDirectory, [...found.keys()], trust, witness)
      const all = [...sightings, ...gone.map((sighting) => (isRemoved(sighting.log) ? lapsed(sighting) : sighting))]
      return all.sort((one, two) => (one.log < two.log ? -1 : 1))
    },
  }
}

const named = (log: string, { size, root }: RecordedEnd): string => `${log} ${size} ${root}`

/** A folder that is gone is one without logs: each of them is missing then. */
async function list(auditDirectory: string) {
  try {
    return await readdir(auditDirectory, { withFileTypes: true })
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no reason given'
    if (code === 'ENOENT') return []
    throw new Error(`the folder ${auditDirectory} cannot be read (${code})`, { cause })
  }
}

const isLogName = (name: string): boolean => /^[a-z][a-z0-9-]{0,62}$/.test(name)
const lapsed = ({ log }: Sighting): Sighting => ({ log, kind: 'removed' })

/** The first that was trusted under this name: another log in its place is no new log. */
const keyFor = (log: string, trust: Trust): LogKey | undefined =>
  trust.all().find(({ key }) => readOrigin(key.name)?.log === log)

/** Every log that was cosigned, or whose key is trusted, must be there. */
async function missing(
  auditDirectory: string,
  there: readonly string[],
  trust: Trust,
  witness: Witness,
): Promise<readonly Sighting[]> {
  const gone: Sighting[] = []
  const keys = new Map(
    [...trust.all(), ...witness.remembered().map(({ log }) => log)].map((log) => [log.key.name, log]),
  )
  for (const name of keys.keys()) {
    const log = readOrigin(name)?.log
    if (log === undefined || there.includes(log)) continue
    const seen = witness.recollect(name)
    // One that was born while the others were looked at.
    if (!seen && (await readRegularFile(join(auditDirectory, log, 'checkpoint'), MOST.note))) continue
    gone.push({ log, kind: 'missing', seen: seen?.size ?? 0, size: 0, time: seen?.time ?? 0 })
  }
  return gone
}

async function sight(
  auditDirectory: string,
  { log, key }: { readonly log: string; readonly key: LogKey | undefined },
  witness: Witness,
): Promise<Sighting> {
  try {
    return await sightFiles(join(auditDirectory, log), { log, key }, witness)
  } catch (error) {
    if (error instanceof DamagedTile) return { log, kind: 'damaged', why: error.message }
    if (error instanceof UnreadableFile) return { log, kind: 'unreadable', why: `${error.path} ${error.message}` }
    if (error instanceof Error && 'code' in error)
      return { log, kind: 'unreadable', why: `its files cannot be read (${String(error.code)})` }
    throw error
  }
}

async function sightFiles(
  directory: string,
  { log, key }: { readonly log: string; readonly key: LogKey | undefined },
  witness: Witness,
): Promise<Sighting> {
  if (!key) return { log, kind: 'stranger' }
  const seen = witness.recollect(key.key.name)
  const bytes = await readRegularFile(join(directory, 'checkpoint'), MOST.note)
  if (!bytes) {
    return seen
      ? { log, kind: 'missing', seen: seen.size, size: 0, time: seen.time }
      : { log, kind: 'bad-checkpoint', why: 'it has no checkpoint yet' }
  }
  const note = readNote(bytes)
  if (typeof note === 'string') return { log, kind: 'bad-checkpoint', why: `its checkpoint is malformed: ${note}` }
  if (note.origin !== key.key.name) return { log, kind: 'bad-checkpoint', why: `it is another log: ${note.origin}` }
  if (checkSignatures(note, key.key) !== 'holds')
    return { log, kind: 'bad-checkpoint', why: 'its checkpoint is not signed with its key' }
  return { log, ...(await judge(directory, note, witness, key)) }
}

type Judged = Sighting extends infer Each ? (Each extends unknown ? Omit<Each, 'log'> : never) : never

async function judge(directory: string, note: CheckpointNote, witness: Witness, key: LogKey): Promise<Judged> {
  const { size } = note
  const tree = new TileTree(directory, size)
  const verdict: Verdict = await witness.consider(
    note,
    key,
    async (before) => {
      if (await isCut(directory, size)) return undefined
      if (!(await tree.root()).equals(note.root)) throw new DamagedTile('its tiles do not give the root that it signs')
      return tree.proofFrom(before?.size ?? 0)
    },
    'certain',
  )
  switch (verdict.kind) {
    case 'cosigned':
      return { kind: 'cosigned', size, before: verdict.before?.size, time: verdict.now.time }
    case 'smaller':
      return { kind: 'rolled-back', seen: verdict.seen.size, size, time: verdict.seen.time }
    case 'forked':
      return { kind: 'forked', seen: verdict.seen.size, size, time: verdict.seen.time, kept: verdict.kept }
    case 'unproven':
      return { kind: 'truncated', size }
  }
}

/** Whether the last entries that it signs are not there. What is before them is for `audit verify`. */
async function isCut(directory: string, size: number): Promise<boolean> {
  if (size === 0) return false
  const index = Math.floor((size - 1) / 256)
  const width = size - index * 256
  const read = await readEntries(directory, index, width)
  return read === 'missing' || read.parts.length < width
}
