// What a witness promises: of two checkpoints that it cosigned for one log, the smaller is a beginning of the larger, for
// ever. All that it remembers of a log is looked at and changed by one caller at a time.
import { EMPTY_ROOT, isConsistent } from '#audit/verify/consistency.ts'
import type { CheckpointNote } from '#audit/verify/note-text.ts'
import type { Cosigner } from './cosigner.ts'
import { keepFork, keepUnproven, type LogKey, noteSeen, recall, type Remembered, remember } from './memory.ts'

export type Verdict =
  | { readonly kind: 'cosigned'; readonly now: Remembered; readonly before: Remembered | undefined }
  /** Smaller than what was cosigned. */
  | { readonly kind: 'smaller'; readonly seen: Remembered }
  /** As large as what was cosigned, and not the same; or shown not to begin with it. `kept`: where both lie. */
  | { readonly kind: 'forked'; readonly seen: Remembered; readonly kept: string }
  /** No proof that holds came with it. Undefined where nothing was cosigned before. */
  | { readonly kind: 'unproven'; readonly seen: Remembered | undefined }

/** `before`: what is remembered. Rejects or resolves to undefined where there is none; nothing is signed then. */
export type Prove = (before: Remembered | undefined) => Promise<readonly Buffer[] | undefined>

export interface Witness {
  readonly cosigner: Cosigner
  /** By origin, in its order. */
  remembered(): readonly Remembered[]
  recollect(origin: string): Remembered | undefined
  /**
   * `note` MUST be signed by the key of `log`, whose name MUST be its origin. `certain`: a proof that does not hold is no mistake of
   * whoever made it, but the log's.
   */
  consider(note: CheckpointNote, log: LogKey, prove: Prove, certain?: 'certain'): Promise<Verdict>
}

/** Nothing is signed. `message` says what is wrong with the clock, and what helps. */
export class WrongClock extends Error {
  override readonly name = 'WrongClock'
}

/** When this was written: before that no clock is right, as one that forgot the time over a power loss is not. */
const WRITTEN_S = Date.UTC(2026, 0, 1) / 1000
/** Seconds that the clock may be behind what was signed, or step ahead while this runs. */
const MOST_ASTRAY_S = 86_400

/** Seconds for which the same cosignature is given again: who resubmits what is known does not make the disk work. */
const FRESH_S = 30

export interface WitnessPlace {
  /** MUST be this witness's alone: whoever opens it holds its lock. */
  readonly home: string
  readonly cosigner: Cosigner
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Milliseconds from any moment on; never steps. */
  readonly elapsed?: () => number
}

export async function openWitness({
  home,
  cosigner,
  now,
  elapsed = () => performance.now(),
}: WitnessPlace): Promise<Witness> {
  const known = await recall(home, cosigner)
  let newest = Math.max(WRITTEN_S, ...[...known.values()].map(({ time }) => time))
  let begun: { readonly now: number; readonly elapsed: number } | undefined = { now: now(), elapsed: elapsed() }
  const turns = new Map<string, Promise<unknown>>()

  /** A time that was signed cannot be taken back: one that is far from the truth would stand in all that is signed later. */
  const checkClock = (): void => {
    const seconds = Math.floor(now() / 1000)
    const said = new Date(seconds * 1000).toISOString()
    if (newest - seconds > MOST_ASTRAY_S) {
      // From here on the next one that is possible counts.
      begun = undefined
      const last = new Date(newest * 1000).toISOString()
      throw new WrongClock(`the clock says ${said}, and it was ${last} before; nothing is cosigned until it is right`)
    }
    begun ??= { now: now(), elapsed: elapsed() }
    const expected = begun.now + (elapsed() - begun.elapsed)
    if (now() - expected <= MOST_ASTRAY_S * 1000) return
    throw new WrongClock(
      `the clock stepped ahead to ${said} while this ran; nothing is cosigned. If that is right, start the witness again`,
    )
  }

  async function sign(note: CheckpointNote, log: LogKey, before: Remembered | undefined): Promise<Verdict> {
    checkClock()
    // A clock that stepped back would have the larger tree seen before the smaller one.
    const time = Math.max(1, Math.floor(now() / 1000), before?.time ?? 0)
    const same = before?.size === note.size
    if (before && same && time - before.time < FRESH_S) return { kind: 'cosigned', now: before, before }
    const signed = await remember(home, cosigner, { note, log, time }).catch(async (error: unknown) => {
      // It may be on the disk, for all to see, or not: what is there counts.
      const there = await recall(home, cosigner)
      const found = there.get(note.origin)
      if (found) known.set(note.origin, found)
      throw error
    })
    known.set(note.origin, signed)
    newest = Math.max(newest, signed.time)
    if (!same) await noteSeen(home, signed).catch(() => undefined)
    return { kind: 'cosigned', now: signed, before }
  }

  async function decide(note: CheckpointNote, log: LogKey, prove: Prove, certain: boolean): Promise<Verdict> {
    const before = known.get(note.origin)
    if (before && note.size < before.size) return { kind: 'smaller', seen: before }
    const forked = async (seen: Remembered): Promise<Verdict> => ({
      kind: 'forked',
      seen,
      kept: await keepFork(home, seen, note),
    })
    if (before?.size === note.size && !before.root.equals(note.root)) return forked(before)
    const proof = await prove(before)
    const earlier = before ?? { size: 0, root: EMPTY_ROOT }
    if (proof && isConsistent(earlier, note, proof)) return sign(note, log, before)
    if (before && proof && certain) return forked(before)
    if (before) await keepUnproven(home, note)
    return { kind: 'unproven', seen: before }
  }

  return {
    cosigner,
    remembered: () => [...known.values()].sort((one, two) => (one.log.key.name < two.log.key.name ? -1 : 1)),
    recollect: (origin) => known.get(origin),
    consider(note, log, prove, certain) {
      const { origin } = note
      const before = turns.get(origin) ?? Promise.resolve()
      const turn = before.catch(() => undefined).then(() => decide(note, log, prove, certain !== undefined))
      turns.set(origin, turn)
      const over = turn.catch(() => undefined)
      void over.then(() => turns.get(origin) === turn && turns.delete(origin))
      return turn
    },
  }
}
