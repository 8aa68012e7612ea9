// A stream to standard output: one line an entry, as it stands in the log or as its OCSF event. Nothing is written while the reader
// lets what was written wait, so that memory stays bounded however long it does.
import { ocsfEvent } from '#audit/export/ocsf.ts'
import { openExchanges } from '#audit/export/open-exchanges.ts'
import type { StreamSink } from './stream-sink.ts'

/** As much of a `Writable` as is needed. */
export interface LineWriter {
  /** False where it is full: nothing more MUST be written before `drain`. */
  write(text: string | Buffer): boolean
  on(event: 'drain' | 'error', told: () => void): unknown
  off(event: 'drain' | 'error', told: () => void): unknown
}

export interface LinesOptions {
  readonly format: 'native' | 'ocsf'
  readonly release: string
  /** How long a full writer is waited for in one turn, in milliseconds; 1 s unless given. */
  readonly patience?: number
}

/** Characters written at once. */
const PIECE = 64 * 1024

export function lineSink(writer: LineWriter, { format, release, patience = 1_000 }: LinesOptions): StreamSink {
  const exchanges = openExchanges()
  const gauge = gaugeOf(writer)
  return {
    ...(format === 'ocsf' && { remember: (logged) => void exchanges.follow(logged) }),
    close: () => gauge.leave(),
    take(batch) {
      const pieces: string[] = ['']
      for (const logged of batch) {
        const decision = format === 'ocsf' ? exchanges.follow(logged) : undefined
        const line = format === 'ocsf' ? JSON.stringify(ocsfEvent(logged, release, decision)) : logged.bytes.toString()
        const last = pieces.at(-1) ?? ''
        if (last.length + line.length > PIECE && last !== '') pieces.push(`${line}\n`)
        else pieces[pieces.length - 1] = `${last}${line}\n`
      }
      return {
        async send(stop) {
          while (gauge.state() !== 'closed') {
            if (gauge.state() === 'full') await gauge.change(patience, stop)
            // Still: it may stay so for hours, and whoever runs this has more to do.
            if (gauge.state() === 'full') return { kind: 'full' }
            const piece = gauge.state() === 'free' ? pieces.shift() : undefined
            if (piece !== undefined) gauge.write(piece)
            else if (gauge.state() === 'free') return { kind: 'done', rejected: 0 }
          }
          return { kind: 'later', why: 'standard output is closed: whoever read it is gone' }
        },
      }
    },
  }
}

interface Gauge {
  /** The writer is the process's own, and stays: nobody here listens to it any more. */
  leave(): void
  state(): 'free' | 'full' | 'closed'
  write(text: string): void
  /** Resolves when it drains or closes, at the latest after so many milliseconds. */
  change(most: number, stop: AbortSignal): Promise<void>
}

function gaugeOf(writer: LineWriter): Gauge {
  let state: 'free' | 'full' | 'closed' = 'free'
  const waiting = new Set<() => void>()
  const become = (next: 'free' | 'closed') => (): void => {
    if (state !== 'closed') state = next
    for (const wake of waiting) wake()
  }
  const [drained, closed] = [become('free'), become('closed')]
  writer.on('drain', drained)
  writer.on('error', closed)
  return {
    state: () => state,
    leave() {
      writer.off('drain', drained)
      writer.off('error', closed)
    },
    write(text) {
      if (!writer.write(text) && state === 'free') state = 'full'
    },
    change(most, stop) {
      return new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer)
          waiting.delete(end)
          stop.removeEventListener('abort', end)
          resolve()
        }
        const timer = setTimeout(end, most)
        waiting.add(end)
        stop.addEventListener('abort', end)
        if (stop.aborted) end()
      })
    },
  }
}
