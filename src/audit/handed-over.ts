// Entries that are handed over and not written yet. Those of one turn of the event loop are written by one write, for it costs as much
// as all else about an entry: requests that go on together (lib/together.ts) meet here. A lone one waits for a microtask and no more.
import type { Entry, Stamp } from '#access/trail.ts'
import { ulid } from '#lib/ulid.ts'
import { printEntry } from './entry.ts'
import { type Frame, makeFrame } from './frame.ts'
import type { Shortfall } from './journal.ts'
import type { LogNature } from './log-state.ts'

export interface Handed {
  readonly entry: Entry
  readonly frame: Frame
  readonly stamp: Stamp
  /** Milliseconds since the epoch. */
  readonly time: number
}

/** With its place in the log, as it will stand there. Throws for what is no entry. */
export function handOver({ log, clock, random }: LogNature, entry: Entry, index: number): Handed {
  const time = clock.now()
  const id = ulid(time, random)
  const frame = makeFrame(printEntry(entry, { id, time: new Date(time).toISOString(), index }))
  return { entry, frame, stamp: { log, index, id, hash: frame.printedHash }, time }
}

export const framesOf = (handed: readonly Handed[]): readonly Frame[] => handed.map(({ frame }) => frame)

export class HandedOver {
  readonly #write: (handed: readonly Handed[]) => Shortfall | undefined
  readonly #soon = (): void => void this.write()
  #handed: Handed[] = []
  #bytes = 0
  #written: PromiseWithResolvers<Shortfall | undefined> | undefined

  /** `write` writes them in their order, and says where it could not: whoever handed over one that does not stand is told. */
  constructor(write: (handed: readonly Handed[]) => Shortfall | undefined) {
    this.#write = write
  }

  get count(): number {
    return this.#handed.length
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Resolves once it is written. */
  add(handed: Handed): Promise<Stamp> {
    if (!this.#written) {
      this.#written = Promise.withResolvers()
      queueMicrotask(this.#soon)
    }
    const place = this.#handed.push(handed) - 1
    this.#bytes += handed.frame.bytes.length
    return this.#written.promise.then((short) => {
      if (short && place >= short.whole) throw short.cause
      return handed.stamp
    })
  }

  /** Writes all that is handed over, now. False where not all of it stands. */
  write(): boolean {
    const handed = this.#handed
    const written = this.#written
    if (!written) return true
    this.#handed = []
    this.#bytes = 0
    this.#written = undefined
    const short = this.#write(handed)
    written.resolve(short)
    return !short
  }
}
