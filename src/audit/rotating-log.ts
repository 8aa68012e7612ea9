// A log that goes on for ever, as a row of logs that do not. When one is old or long enough the next is born and takes what comes; the
// old one still takes what belongs to exchanges that were decided in it, however long those last, and is sealed when none is open.
//
// The order is what recovers from a crash: the next generation is born before the one before it is sealed, so at any moment the newest
// one is the one to go on in, and all that must be done about an earlier one without a seal is to close and seal it. Which ones there are
// `keys/` says, and that one is sealed its key: a log that somebody else put below `audit/` is named, and passed by.
import { join } from 'node:path'
import type { Entry, Stamp, Trail } from '#access/trail.ts'
import type { AuditLog } from './audit-log.ts'
import { diskFiles, type Files } from './files.ts'
import { generationName, generationsOf } from './generation.ts'
import { bundleEntries } from './log-files.ts'
import { type LogStanding, NO_FAILURES, standingOfTwo, sumOfFailures } from './log-standing.ts'
import type { Recovered } from './log-state.ts'
import { nextGeneration, strays } from './next-generation.ts'
import { type LogPlace, openLog } from './open-log.ts'
import { publicHalf } from './public-half.ts'
import { parseEntry } from './read.ts'
import { readSignedSeal, SealedLog, sealEntry, type Successor } from './seal.ts'

/** Where nobody says otherwise, in milliseconds: 30 days. */
const ROTATE_MS = 30 * 24 * 3_600_000
/** A verification reads a log as a whole: one is not to grow beyond what a night suffices for. */
const MOST_ENTRIES = 50_000_000
const LOOK_EVERY_MS = 10_000

/** `log` names the first generation. */
export interface RotatingPlace extends LogPlace {
  /** Milliseconds from a log's birth until the next takes its place; undefined while it is not known yet. Asked each time; 30 days without it. */
  readonly rotate?: () => number | undefined
  /** Told why a rotation failed, in words for operators; it is tried again by itself. */
  readonly report?: (line: string) => void
}

/** Resolves to the newest generation, with all earlier ones sealed. Rejects as `openLog` does. MUST hold the family's lock. */
export async function openRotatingLog(place: RotatingPlace): Promise<RotatingLog> {
  const numbers = await generationsOf(place, place.log)
  let number = numbers.at(-1) ?? 1
  // Sealed, and what follows it is gone with its key: it is born again, under a key that no seal and no record knows.
  let current = await openUnlessSealed(place, number)
  while (!current) {
    number = await nextGeneration(place, number, filesOf(place))
    current = await openUnlessSealed(place, number)
  }
  const recovered = [current.recovered]
  try {
    for (const earlier of numbers.filter((each) => each < number)) {
      const found = await sealLeftOver(place, earlier, numbers.find((each) => each > earlier) ?? number)
      if (found) recovered.push(found)
    }
    const born = await bornAt(join(place.directory, generationName({ family: place.log, number })))
    for (const stray of await strays(place, filesOf(place)))
      place.report?.(`${stray} is no log of this gate: its key is not in ${place.keys}; it is left as it is`)
    const opened = new RotatingLog(place, { log: current, number, born: born ?? place.clock.now() }, sumOf(recovered))
    await opened.tend()
    return opened
  } catch (error) {
    await current.close()
    throw error
  }
}

const filesOf = ({ files }: RotatingPlace): Files => files ?? diskFiles

async function openUnlessSealed(place: RotatingPlace, number: number): Promise<AuditLog | undefined> {
  const log = generationName({ family: place.log, number })
  try {
    return await openLog({ ...place, log })
  } catch (error) {
    if (error instanceof Error && error.cause instanceof SealedLog && (await isSealed(place, log))) return undefined
    throw error
  }
}

/** By its own key: what only looks like a seal ends nothing. */
async function isSealed({ directory, keys }: RotatingPlace, log: string): Promise<boolean> {
  const key = await publicHalf(keys, log)
  return key !== undefined && (await readSignedSeal(join(directory, log), log, key)) !== undefined
}

/** An earlier generation: what a crash left open there is closed by opening it. */
async function sealLeftOver(place: RotatingPlace, number: number, next: number): Promise<Recovered | undefined> {
  const [log, successor] = [number, next].map((each) => generationName({ family: place.log, number: each }))
  if (log === undefined || successor === undefined) return undefined
  if (await isSealed(place, log)) return undefined
  const left = await openUnlessSealed(place, number)
  if (!left) return undefined
  try {
    const verifierKey = await publicHalf(place.keys, successor)
    if (verifierKey === undefined) throw new Error(`the key of the log ${successor} is missing`)
    await left.appendLast(sealEntry(log, { log: successor, verifierKey }, SEALED_LATE))
  } finally {
    await left.close()
  }
  return left.recovered
}

const SEALED_LATE = 'another log follows it; its writer ended before it could be sealed'

async function bornAt(directory: string): Promise<number | undefined> {
  const [birth] = await bundleEntries(directory, 0, 1)
  const time = Date.parse((birth && parseEntry(birth, 0)?.time) ?? '')
  return Number.isNaN(time) ? undefined : time
}

const sumOf = (all: readonly Recovered[]): Recovered => ({
  entries: all.reduce((sum, { entries }) => sum + entries, 0),
  open: all.reduce((sum, { open }) => sum + open, 0),
  torn: all.reduce((sum, { torn }) => sum + torn, 0),
})

interface Current {
  readonly log: AuditLog
  readonly number: number
  /** Milliseconds since the epoch. */
  readonly born: number
}

/** The one before, until it is sealed. */
interface Draining {
  readonly log: AuditLog
  readonly name: string
  sealed: boolean
}

export class RotatingLog implements Trail {
  readonly #place: RotatingPlace
  readonly recovered: Recovered
  readonly #timer: ReturnType<typeof setInterval>
  #current: Current
  #draining: Draining | undefined
  #tending: Promise<void> | undefined
  #closed = false
  /** Of generations that are sealed. */
  #past = NO_FAILURES

  constructor(place: RotatingPlace, current: Current, recovered: Recovered) {
    this.#place = place
    this.#current = current
    this.recovered = recovered
    this.#timer = setInterval(() => void this.tend(), LOOK_EVERY_MS)
    this.#timer.unref()
  }

  /** The generation that takes entries now. */
  get name(): string {
    return this.#nameOf(this.#current.number)
  }

  get verifierKey(): string {
    return this.#current.log.verifierKey
  }

  /** Entries of the generation that takes entries now. */
  get size(): number {
    return this.#current.log.size
  }

  append(entry: Entry, durable: 'process' | 'machine'): Promise<Stamp> {
    if (this.#draining !== undefined) return this.#appendWhileDraining(this.#draining, entry, durable)
    return this.#current.log.append(entry, durable)
  }

  /** What belongs to an exchange stands where its decision does: a second decision, too, or its record would stay open there. */
  #appendWhileDraining({ log: old }: Draining, entry: Entry, durable: 'process' | 'machine'): Promise<Stamp> {
    const exchange = 'exchange' in entry ? entry.exchange : undefined
    if (exchange === undefined || !old.open.has(exchange)) return this.#current.log.append(entry, durable)
    const stamped = old.append(entry, durable)
    old.writeNow()
    if (old.open.size === 0) void this.tend()
    return stamped
  }

  healthy(): ReturnType<AuditLog['healthy']> {
    const health = this.#current.log.healthy()
    // Once nothing is open there, nobody waits for it.
    if (!health.ok || !this.#draining || this.#draining.log.open.size === 0) return health
    return this.#draining.log.healthy()
  }

  /** Of both generations, while there are two; failures of all since it was opened. */
  standing(): LogStanding {
    const current = this.#current.log.standing()
    const { failures, ...standing } = this.#draining ? standingOfTwo(current, this.#draining.log.standing()) : current
    return { ...standing, failures: sumOfFailures(failures, this.#past) }
  }

  room(): Promise<void> {
    return this.#current.log.room()
  }

  async integrate(): Promise<void> {
    await Promise.all([this.#draining?.log.integrate(), this.#current.log.integrate()])
  }

  /** Rotates or seals where it is time to. Never rejects; runs by itself, and calls while it runs share it. */
  tend(): Promise<void> {
    this.#tending ??= this.#tendNow().finally(() => {
      this.#tending = undefined
    })
    return this.#tending
  }

  async #tendNow(): Promise<void> {
    await Promise.resolve()
    try {
      // Two at a time: what is open must be found where it was decided, and that is to stay one look.
      if (this.#draining) await this.#finish(this.#draining)
      if (!this.#draining && !this.#closed && this.#isDue()) await this.#rotate()
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.#place.report?.(`the log ${this.name} could not be followed by the next: ${why}`)
    }
  }

  #isDue(): boolean {
    const { log, born } = this.#current
    const { rotate = () => ROTATE_MS, clock } = this.#place
    return clock.now() - born >= (rotate() ?? Infinity) || log.size >= MOST_ENTRIES
  }

  async #rotate(): Promise<void> {
    const number = await nextGeneration(this.#place, this.#current.number, filesOf(this.#place))
    const log = await openLog({ ...this.#place, log: this.#nameOf(number) })
    const draining = { log: this.#current.log, name: this.name, sealed: false }
    this.#draining = draining
    this.#current = { log, number, born: this.#place.clock.now() }
    await this.#finish(draining)
  }

  async #finish(draining: Draining): Promise<void> {
    const { log: old, name } = draining
    if (!draining.sealed) {
      old.writeNow()
      if (old.open.size > 0) return
      const before = old.size
      try {
        await old.appendLast(sealEntry(name, this.#successor(), 'another log follows it'))
      } finally {
        // Where only its sync failed it stands, and the checkpoint makes good for it.
        draining.sealed = old.size > before
      }
    }
    await old.integrate()
    this.#past = sumOfFailures(this.#past, old.standing().failures)
    this.#draining = undefined
    await old.close()
  }

  #successor(): Successor {
    return { log: this.name, verifierKey: this.verifierKey }
  }

  #nameOf(number: number): string {
    return generationName({ family: this.#place.log, number })
  }

  /** As closing a log: what is still open is closed as unknown, and the old generation sealed, when it is opened again. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    await this.#tending
    await this.tend()
    const closed = await Promise.allSettled([this.#current.log.close(), this.#draining?.log.close()])
    for (const result of closed) if (result.status === 'rejected') throw result.reason
  }
}
