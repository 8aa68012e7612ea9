// The trail on disk: an append is written to the journal; entries become part of the signed log some moments later.
// Appends are answered in the order of their indices. What cannot be written is refused and does not stand; where only
// its sync failed it may still stand, unacknowledged. What nobody can close is closed as `unknown`, once writing works again.
import type { Entry, Stamp, Trail } from '#access/trail.ts'
import { birthEntry } from './birth.ts'
import type { Frame } from './frame.ts'
import { framesOf, type Handed, HandedOver, handOver } from './handed-over.ts'
import type { History, Journal, Shortfall } from './journal.ts'
import { type Health, type LogStanding, NO_FAILURES } from './log-standing.ts'
import type { LogNature, LogState, Recovered } from './log-state.ts'
import { OpenDecisions, unknownOutcome } from './open-decisions.ts'
import { BATCH, CheckpointConflict, type Press, publish, type Published } from './publish.ts'
import { MOST_AT_ONCE } from './segment.ts'
import { rootWith } from './tiles.ts'
import { messageOf, unavailable } from './unavailable.ts'
import { makeWaitingRoom, MOST_UNHURRIED, MOST_WAITING, MOST_WAITING_BYTES } from './waiting-room.ts'

/** A journal segment larger than this is followed by a new one at the next integration. */
const SEGMENT_BYTES = 8 * 1024 * 1024

export class AuditLog implements Trail {
  readonly #nature: LogNature
  readonly #press: Press
  readonly #journal: Journal
  readonly #decisions: OpenDecisions
  /** For the heads of segments. */
  readonly #history: History
  readonly recovered: Recovered
  #published: Published
  #waiting: Frame[]
  #waitingBytes: number
  #timer: ReturnType<typeof setTimeout> | undefined
  #integrating: Promise<void> | undefined
  readonly #room = makeWaitingRoom(
    () => this.#waiting.length > MOST_UNHURRIED && this.#ended === undefined && this.#behind === undefined,
    () => this.integrate(),
  )
  readonly #handed = new HandedOver((handed) => this.#write(handed))
  /** Why the last write or sync failed; undefined while all is well. */
  #trouble: string | undefined
  /** Why the last integration failed. It stops nothing until too much waits. */
  #behind: string | undefined
  /** Why nothing will be written any more. */
  #ended: string | undefined
  #closing = false
  readonly #failures = { ...NO_FAILURES }

  constructor(nature: LogNature, press: Press, journal: Journal, state: LogState) {
    this.#nature = nature
    this.#press = press
    this.#journal = journal
    this.#published = state.published
    this.#waiting = [...state.waiting]
    this.#waitingBytes = state.waiting.reduce((sum, { bytes }) => sum + bytes.length, 0)
    this.#decisions = new OpenDecisions(state.open)
    this.#history = {
      open: this.#decisions.open,
      rootAt: (size) => rootWith(this.#published.edge, this.#waiting, size),
    }
    this.recovered = state.recovered
  }

  /** `name+id+base64`: what `key.pub` holds, and what the control log records at a log's birth. */
  get verifierKey(): string {
    return this.#press.signer.verifierKey
  }

  /** Entries that were accepted, integrated or not. */
  get size(): number {
    return this.#published.edge.size + this.#waiting.length
  }

  standing(): LogStanding {
    return {
      size: this.size,
      waiting: this.#waiting.length,
      waitingBytes: this.#waitingBytes,
      open: this.#decisions.open.size,
      writable: this.healthy().ok,
      failures: { ...this.#failures },
    }
  }

  /** Exchanges with a decision here and no outcome. */
  get open(): ReadonlySet<string> {
    return this.#decisions.open
  }

  /** Appends an entry after which nothing is taken. Where it rejects, and `size` has grown by one, it stands all the same. */
  appendLast(entry: Entry): Promise<Stamp> {
    this.writeNow()
    const before = this.size
    const stamped = this.append(entry, 'machine')
    if (this.size > before) this.#ended = 'the log is sealed'
    return stamped
  }

  /** Part of opening: the first entry of a new log, outcomes for what the last writer left open, and a checkpoint. */
  async begin(): Promise<void> {
    if (this.size === 0) await this.append(birthEntry(this.#nature.log, this.verifierKey), 'machine')
    for (const exchange of this.#decisions.open) {
      if (this.#waiting.length > MOST_WAITING / 2) await this.integrate()
      await this.append(unknownOutcome(exchange), 'process')
    }
    await this.integrate()
  }

  append(entry: Entry, durable: 'process' | 'machine'): Promise<Stamp> {
    const refused = this.#decisions.isLate(entry) ? 'its record was closed as unknown before' : this.#refusal()
    if (refused !== undefined) {
      this.#failures.refused++
      this.#decisions.missed(entry)
      return Promise.reject(unavailable(refused))
    }
    let handed: Handed
    try {
      handed = handOver(this.#nature, entry, this.size + this.#handed.count)
    } catch (error) {
      return Promise.reject(error)
    }
    const stamped = this.#handed.add(handed)
    if (durable === 'process' && this.#handed.count < MOST_AT_ONCE) return stamped
    return this.writeNow() && durable === 'machine' ? this.#whenSynced(entry, handed.stamp) : stamped
  }

  /** Writes what was handed over in this turn: `size` and `open` count it then. False where it could not be written. */
  writeNow(): boolean {
    return this.#handed.write()
  }

  /** By one write. */
  #write(handed: readonly Handed[]): Shortfall | undefined {
    const short = this.#journal.write(framesOf(handed), this.size, this.#history)
    this.#trouble = short && messageOf(short.cause)
    this.#take(short ? handed.slice(0, short.whole) : handed)
    if (short) return this.#refuse(handed, short)
    this.#closeOneTooMany()
    return undefined
  }

  #refuse(handed: readonly Handed[], { whole, cause }: Shortfall): Shortfall {
    this.#failures.write++
    for (const { entry } of handed.slice(whole)) this.#decisions.missed(entry)
    return { whole, cause: unavailable(messageOf(cause), cause) }
  }

  /** They stand in the journal. */
  #take(handed: readonly Handed[]): void {
    for (const { entry, frame } of handed) {
      this.#waiting.push(frame)
      this.#waitingBytes += frame.bytes.length
      this.#decisions.note(entry)
    }
    this.#schedule()
    for (const { entry, stamp, time } of handed) this.#nature.observe?.({ entry, stamp, time })
  }

  #whenSynced(entry: Entry, stamp: Stamp): Promise<Stamp> {
    return this.#journal.synced().then(
      () => stamp,
      (error: unknown) => {
        this.#failures.sync++
        this.#trouble = messageOf(error)
        this.#decisions.missed(entry)
        throw unavailable(this.#trouble, error)
      },
    )
  }

  /** Why nothing can be appended now. */
  #refusal(): string | undefined {
    if (this.#ended !== undefined) return this.#ended
    // Everything written stands in memory until it is integrated; then a fresh segment ends the doubt.
    if (this.#journal.suspect !== undefined) return this.#journal.suspect
    const isLong = this.#waiting.length + this.#handed.count >= MOST_WAITING
    if (!isLong && this.#waitingBytes + this.#handed.bytes < MOST_WAITING_BYTES) return undefined
    return `too many entries wait to be integrated: ${this.#behind ?? 'more arrive than can be signed'}`
  }

  /** For readiness. A write that failed is tried again by itself, within the interval, as is every append. */
  healthy(): Health {
    const why = this.#refusal() ?? this.#trouble
    return why === undefined ? { ok: true } : { ok: false, why }
  }

  /**
   * Resolves at once, or, where signing has fallen behind, when some of what waits was signed. Whoever asks before an append
   * on behalf of nobody in particular leaves the rest of the queue to those who are somebody.
   */
  room(): Promise<void> {
    return this.#room.wait()
  }

  /** Where this fails it stays open, and the next entry tries again. At once: nobody may close it in between. */
  #closeOneTooMany(): void {
    const { oneTooMany } = this.#decisions
    if (oneTooMany !== undefined) this.append(unknownOutcome(oneTooMany), 'process').catch(() => undefined)
    this.writeNow()
  }

  /** Once writing works again: records that whoever would have closed them was refused for. */
  #closeAbandoned(): void {
    this.writeNow()
    if (this.#trouble !== undefined || this.#ended !== undefined) return
    for (const exchange of this.#decisions.abandoned) {
      if (this.#waiting.length > MOST_UNHURRIED) break
      this.append(unknownOutcome(exchange), 'process').catch(() => undefined)
    }
    this.writeNow()
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#ended !== undefined) return
    // What came in meanwhile may be more than an interval's: then there is no pause, or a flood would end in refusals.
    const pause = this.#waiting.length > BATCH && this.#behind === undefined ? 0 : this.#nature.interval
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.integrate().catch(() => undefined)
    }, pause)
    this.#timer.unref()
  }

  /** Puts what waits under a new checkpoint. Runs by itself; calls while it runs share it. */
  integrate(): Promise<void> {
    this.#integrating ??= this.#integrateNow()
    return this.#integrating
  }

  async #integrateNow(): Promise<void> {
    // Nothing before the first await: the caller must have stored this promise before it can be over.
    await Promise.resolve()
    this.writeNow()
    try {
      await this.#integrate()
      this.#behind = undefined
      this.#closeAbandoned()
    } catch (error) {
      this.#failures.integrate++
      this.#behind = messageOf(error)
      if (error instanceof CheckpointConflict) this.#ended = this.#behind
      throw error
    } finally {
      this.#integrating = undefined
      this.#room.tell()
      if (this.#waiting.length > 0 || this.#trouble !== undefined) this.#schedule()
    }
  }

  async #integrate(): Promise<void> {
    let rest = this.#waiting.length
    while (rest > 0) {
      const batch = this.#waiting.slice(0, Math.min(BATCH, rest))
      // Synced before it is signed: else a machine that dies here could come back without entries that a witness saw
      // signed. Where this fails they are written once more, since asking again would be told a lie.
      await this.#journal.synced().catch((error: unknown) => {
        this.#trouble = messageOf(error)
        return this.#journal.rewrite(this.#published.edge.size, this.#history, this.#waiting)
      })
      this.#published = await publish(this.#press, this.#published, batch, (unsure) => {
        this.#published = unsure
      })
      this.#waiting.splice(0, batch.length)
      this.#waitingBytes -= batch.reduce((sum, { bytes }) => sum + bytes.length, 0)
      rest -= batch.length
      this.#room.tell()
    }
    this.#renewJournal()
    await this.#journal.forget(this.#published.edge.size)
  }

  /**
   * A new segment where the old one is long, at the end, so that nothing is kept twice, or after trouble: then its head
   * is the proof that writing works again.
   */
  #renewJournal(): void {
    if (this.#journal.suspect !== undefined && this.#waiting.length > 0) return
    const due = this.#journal.suspect !== undefined || this.#trouble !== undefined
    if (!due && !this.#closing && this.#journal.length < SEGMENT_BYTES) return
    try {
      this.#journal.roll(this.size, this.#history)
      this.#trouble = undefined
    } catch (error) {
      this.#trouble = messageOf(error)
      this.#schedule()
    }
  }

  /** Integrates everything and lets go of the files. Rejects where that fails; the journal then keeps what waits. */
  async close(): Promise<void> {
    this.#ended ??= 'the log is closed'
    clearTimeout(this.#timer)
    try {
      await this.#integrating?.catch(() => undefined)
      this.#closing = true
      await this.integrate()
    } finally {
      await this.#journal.close()
    }
  }
}
