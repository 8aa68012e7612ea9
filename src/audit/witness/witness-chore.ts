// The log's side: submits the checkpoint of every log to a witness, with a proof from the size that the witness knows, and
// keeps what it cosigned in a directory of the witness's own form. Kept beside nothing that a writer or verifier reads.
import { join } from 'node:path'
import type { WitnessPlace } from '#access/keeping.ts'
import type { Chore, ChoreStanding } from '#audit/follow/chore.ts'
import { logNames } from '#audit/log-files.ts'
import { consistencyProof } from '#audit/proofs.ts'
import { cosignedAt, readWitnessKey, type WitnessKey } from '#audit/verify/cosignature.ts'
import { type CheckpointNote, readNote, readSignatureLine } from '#audit/verify/note-text.ts'
import { MOST, readRegularFile } from '#audit/verify/regular-file.ts'
import { placeOfOrigin, readWitnessed } from '#audit/verify/witnessed.ts'
import { writeSubmission } from './submission.ts'
import { makeLasting, writeLasting } from './written.ts'

/** One POST to a witness, within a time and a size, without redirects. Rejects where there is no answer. */
export type PostCheckpoint = (url: string, body: string, signal: AbortSignal) => Promise<Posted>

export interface Posted {
  readonly status: number
  /** `content-type`. */
  readonly type: string
  readonly body: string
}

export interface WitnessChoreOptions {
  readonly auditDirectory: string
  /** Where cosigned checkpoints are kept: `SALLYPORT_HOME/witnessed/<name>`. */
  readonly store: string
  readonly post: PostCheckpoint
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Seconds after which a log that did not grow is cosigned again: as of when it is vouched for is part of what is said. */
const AGAIN_S = 600
const MOST_ANSWER_CHARACTERS = 16 * 1024

interface Known {
  readonly size: number
  readonly time: number
}

export function witnessChore(place: WitnessPlace, options: WitnessChoreOptions): Chore {
  const key = readWitnessKey(place.key)
  if (!key) throw new Error(`audit.witnesses.${place.name}: its key is no verifier key of a witness`)
  const known = new Map<string, Known>()
  let behind = 0

  return {
    name: `witness:${place.name}`,
    async turn(signal) {
      const troubles: string[] = []
      let waiting = 0
      for (const log of await logNames(options.auditDirectory)) {
        signal.throwIfAborted()
        const directory = join(options.auditDirectory, log)
        const note = await checkpointOf(directory)
        if (!note) continue
        try {
          const at = known.get(note.origin) ?? (await storedAt(options.store, note.origin, key))
          if (at) known.set(note.origin, at)
          if (at?.size === note.size && options.now() / 1000 - at.time < AGAIN_S) continue
          known.set(note.origin, await submit({ place, key, ...options }, { directory, note, at }, signal))
        } catch (error) {
          signal.throwIfAborted()
          waiting += Math.max(0, note.size - (known.get(note.origin)?.size ?? 0))
          troubles.push(`${log}: ${error instanceof Error ? error.message : String(error)}`)
        }
      }
      behind = waiting
      if (troubles.length > 0) throw new Error(`the witness ${place.name}: ${troubles.join('; ')}`)
      return 'done'
    },
    standing: (): ChoreStanding => ({ behind, dropped: 0 }),
    close: async () => undefined,
  }
}

async function checkpointOf(directory: string): Promise<CheckpointNote | undefined> {
  const bytes = await readRegularFile(join(directory, 'checkpoint'), MOST.note).catch(() => undefined)
  const note = bytes && readNote(bytes)
  return typeof note === 'object' ? note : undefined
}

async function storedAt(store: string, origin: string, key: WitnessKey): Promise<Known | undefined> {
  const bytes = await readRegularFile(join(store, placeOfOrigin(origin), 'checkpoint'), MOST.note).catch(
    () => undefined,
  )
  const read = bytes && readWitnessed(bytes, key)
  return typeof read === 'object' && read.origin === origin ? read : undefined
}

interface To extends WitnessChoreOptions {
  readonly place: WitnessPlace
  readonly key: WitnessKey
}

interface Submitted {
  readonly directory: string
  readonly note: CheckpointNote
  readonly at: Known | undefined
}

async function submit(to: To, { directory, note, at }: Submitted, signal: AbortSignal): Promise<Known> {
  let posted = await send(to, { directory, note }, at?.size ?? 0, signal)
  if (posted.status === 409) {
    const size = sizeIn(posted)
    if (size === undefined) throw new Error('it refuses the size and does not say which it knows')
    if (size > note.size) {
      throw new Error(
        `it has seen ${size} entries, and there are ${note.size} here: this log was cut off or rolled back`,
      )
    }
    posted = await send(to, { directory, note }, size, signal)
  }
  if (posted.status !== 200) throw new Error(refusals.get(posted.status) ?? `it answers ${posted.status}`)
  return keep(to, note, posted)
}

/** By status of tlog-witness. */
const refusals: ReadonlyMap<number, string> = new Map([
  [403, 'it knows this log by another key'],
  [404, 'it does not know this log; give it the key.pub of the log, or the folder of the logs'],
  [409, 'it was told of another size meanwhile'],
  [422, 'it saw another history of this log, which this one does not continue'],
])

async function send(
  { place, post }: To,
  { directory, note }: Pick<Submitted, 'directory' | 'note'>,
  from: number,
  signal: AbortSignal,
): Promise<Posted> {
  const size = Math.min(from, note.size)
  const proof = await consistencyProof(directory, size, note.size)
  const body = writeSubmission(size, proof, `${note.body}\n${note.signatures.map(({ line }) => `${line}\n`).join('')}`)
  return post(`${place.url.replace(/\/$/, '')}/add-checkpoint`, body, signal)
}

function sizeIn({ type, body }: Posted): number | undefined {
  const [, size] = /^(0|[1-9][0-9]{0,14})\n$/.exec(body) ?? []
  return type === 'text/x.tlog.size' && size !== undefined ? Number(size) : undefined
}

/** Only lines of its own key are taken from what it answers. */
async function keep({ key, store }: To, note: CheckpointNote, { body }: Posted): Promise<Known> {
  const lines = body.slice(0, MOST_ANSWER_CHARACTERS).split('\n').slice(0, -1)
  const signatures = lines
    .map(readSignatureLine)
    .filter((line) => line !== undefined && line.name === key.name && line.id === key.id)
    .filter((line) => line !== undefined)
  const time = cosignedAt({ body: note.body, signatures }, key)
  if (typeof time === 'string') throw new Error('what it answers is no cosignature of its key')
  const place = join(store, placeOfOrigin(note.origin))
  await makeLasting(place)
  const kept = [...note.signatures, ...signatures].map(({ line }) => `${line}\n`).join('')
  await writeLasting(join(place, 'checkpoint'), `${note.body}\n${kept}`)
  return { size: note.size, time }
}
