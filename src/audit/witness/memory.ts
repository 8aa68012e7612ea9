// What a witness remembers, in a directory for each log named by the hash of its origin, as tlog-witness would serve it:
// `checkpoint` (the log's signature and ours), `key`, `seen` (where the log ended when, as far as it is kept), `forks/`.
import { appendFile, mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cosignedAt } from '#audit/verify/cosignature.ts'
import { type CheckpointNote, readNote } from '#audit/verify/note-text.ts'
import { MOST, readRegularFile } from '#audit/verify/regular-file.ts'
import { checkSignatures, readVerifierKey, type VerifierKey } from '#audit/verify/signed-note.ts'
import { placeOfOrigin } from '#audit/verify/witnessed.ts'
import type { Cosigner } from './cosigner.ts'
import { makeLasting, writeLasting } from './written.ts'

/** A log and the key that it must be signed with; its origin is the key's name. */
export interface LogKey {
  /** `name+id+base64`. */
  readonly line: string
  readonly key: VerifierKey
}

export interface Remembered {
  readonly log: LogKey
  readonly size: number
  readonly root: Buffer
  /** When it was cosigned, in seconds since the epoch. */
  readonly time: number
  /** Our signature line, without its newline. */
  readonly line: string
  /** The whole checkpoint, with the log's signature and ours. */
  readonly note: string
}

export function readLogKey(line: string): LogKey | undefined {
  const key = readVerifierKey(line.trim())
  return key && { line: line.trim(), key }
}

/** All that was ever cosigned, by origin. Throws where anything is not as it was written: a witness that forgot would sign again. */
export async function recall(home: string, cosigner: Cosigner): Promise<Map<string, Remembered>> {
  const all = new Map<string, Remembered>()
  for (const name of await readdir(home)) {
    if (!/^[0-9a-f]{64}$/.test(name)) continue
    const place = join(home, name)
    const remembered = await recallOne(place, cosigner)
    if (!remembered) continue
    if (placeOfOrigin(remembered.log.key.name) !== name) throw new Error(`${place} holds another log's checkpoint`)
    all.set(remembered.log.key.name, remembered)
  }
  return all
}

async function recallOne(place: string, cosigner: Cosigner): Promise<Remembered | undefined> {
  const bytes = await readRegularFile(join(place, 'checkpoint'), MOST.note)
  // Its directory is made first, and nothing is signed before its checkpoint is there.
  if (!bytes) return undefined
  const log = readLogKey((await readRegularFile(join(place, 'key'), MOST.note))?.toString() ?? '')
  const note = readNote(bytes)
  if (!log || typeof note === 'string' || note.origin !== log.key.name) throw new Error(`${place} is damaged`)
  const time = cosignedAt(note, cosigner.key)
  const line = note.signatures.find(({ name, id }) => name === cosigner.key.name && id === cosigner.key.id)?.line
  if (typeof time === 'string' || line === undefined || checkSignatures(note, log.key) !== 'holds')
    throw new Error(`${join(place, 'checkpoint')} is not what this witness wrote`)
  return { log, size: note.size, root: note.root, time, line, note: bytes.toString() }
}

/** Cosigns. When it resolves, what was signed is on the disk; only then may anybody have it. */
export async function remember(
  home: string,
  cosigner: Cosigner,
  { note, log, time }: { readonly note: CheckpointNote; readonly log: LogKey; readonly time: number },
): Promise<Remembered> {
  const place = join(home, placeOfOrigin(note.origin))
  const line = cosigner.cosign(note.body, time)
  const own = note.signatures.filter(({ name, id }) => name === log.key.name && id === log.key.id)
  const text = `${note.body}\n${own.map((signature) => `${signature.line}\n`).join('')}${line}\n`
  await makeLasting(place)
  // The key first: a checkpoint without it could not be read again.
  if ((await readRegularFile(join(place, 'key'), MOST.note))?.toString().trim() !== log.line)
    await writeLasting(join(place, 'key'), `${log.line}\n`)
  await writeLasting(join(place, 'checkpoint'), text)
  return { log, size: note.size, root: note.root, time, line, note: text }
}

const MOST_SEEN = MOST.seen / 2

/** Best effort: it words a finding, and decides nothing. */
export async function noteSeen(home: string, { log, size, root, time }: Remembered): Promise<void> {
  const path = join(home, placeOfOrigin(log.key.name), 'seen')
  await appendFile(path, `${time} ${size} ${root.toString('base64')}\n`, { mode: 0o644 })
  if ((await stat(path)).size <= MOST_SEEN) return
  const kept = (await readRegularFile(path, MOST.seen))?.subarray(-MOST_SEEN / 2)
  if (!kept) return
  await writeFile(`${path}.new`, kept.subarray(kept.indexOf('\n') + 1), { mode: 0o644 })
  await rename(`${path}.new`, path)
}

const MOST_FORKS = 16

/** Keeps two checkpoints of one log that cannot both be true, as each was signed. Resolves to where; beyond 16, to where they would be. */
export async function keepFork(home: string, remembered: Remembered, claimed: CheckpointNote): Promise<string> {
  const forks = join(home, placeOfOrigin(remembered.log.key.name), 'forks')
  await makeLasting(forks)
  const name = `${claimed.size}-${claimed.root.toString('hex').slice(0, 16)}`
  const place = join(forks, name)
  const there = await readdir(forks)
  if (there.includes(name) || there.length >= MOST_FORKS) return place
  await mkdir(place)
  await writeLasting(join(place, 'seen'), remembered.note)
  await writeLasting(join(place, 'claimed'), textOf(claimed))
  return place
}

/** The last checkpoint that the log's key signed, and that came without a proof that holds. */
export async function keepUnproven(home: string, claimed: CheckpointNote): Promise<void> {
  await writeLasting(join(home, placeOfOrigin(claimed.origin), 'unproven'), textOf(claimed))
}

const textOf = ({ body, signatures }: CheckpointNote): string =>
  `${body}\n${signatures.map(({ line }) => `${line}\n`).join('')}`
