// Draws a provider's event stream, piece by piece, through the protocol's reader. What it gives and how it ends do not
// depend on how the stream was cut on its way: what was sound before a fault is given before the fault is told.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { EventReading, StreamEvent } from '#access/protocol.ts'
import type { Usage } from '#access/usage.ts'
import { Refusal } from '#access/refusal.ts'
import type { SseBlock } from '#lib/sse-block.ts'
import { SseError, sseReader } from '#lib/sse.ts'
import { watchdog } from '#lib/watchdog.ts'
import type { Leaving, StreamInspection } from './inspect-stream.ts'
import { usageSoFar } from './usage-so-far.ts'

export interface Piece {
  /** Never empty. */
  readonly bytes: Uint8Array
  /** The protocol's own end: nothing follows. */
  readonly done: boolean
}

export interface Pump {
  /** The next bytes that may go out. Rejects with a Refusal, and nothing else, when the stream cannot go on. */
  next(): Promise<Piece>
  usage(): Usage | undefined
  /** Whether something was said to its end, and whether it was counted since. */
  came(): 'finished' | 'counted' | undefined
  /** Lets the provider's answer go, whatever is left of it; a `next` that waits for more rejects. */
  stop(): void
  /** Ends it here, with what had arrived: a `next` that waits, and every later one, rejects with this. */
  end(why: Refusal): void
  /** Behind the protocol's end: hears the answer out for a moment, since a connection that was cut cannot serve again. */
  finish(): void
}

export interface PumpSource {
  readonly body: ReadableStream<Uint8Array>
  /** Milliseconds that the provider may be silent while somebody waits. */
  readonly idle: number
  readonly read: (event: StreamEvent) => EventReading
  readonly inspection: StreamInspection
  /** Told of what the provider now holds, before the caller sees its ids. */
  readonly made: (ids: readonly string[]) => void
  /** For what is a bug. */
  readonly log: (line: string, cause: unknown) => void
}

const FINISH_MS = 1_000
const FINISH_BYTES = 64 * 1024
/** Of reading without a pause, in milliseconds. */
const TURN_MS = 5
const NO_PIECE: Piece = { bytes: new Uint8Array(0), done: false }
const KEEP_ALIVE = new TextEncoder().encode(':\n\n')

export function pumpOf(source: PumpSource): Pump {
  const reader = source.body.getReader()
  const events = sseReader()
  const { read, inspection } = source
  let usage: Usage | undefined
  let came: 'finished' | 'counted' | undefined
  let failure: Refusal | undefined
  let waiting = false
  let late = false

  const stop = (): void => {
    quiet.stop()
    void reader.cancel().catch(() => undefined)
  }
  async function hearOut(): Promise<void> {
    for (let left = FINISH_BYTES; left > 0;) {
      const { done, value } = await reader.read()
      if (done) return
      left -= value.length
    }
  }
  const finish = (): void => {
    quiet.stop()
    const timer = setTimeout(stop, FINISH_MS)
    void hearOut()
      .catch(() => undefined)
      .finally(() => {
        clearTimeout(timer)
        stop()
      })
  }
  const quiet = watchdog(source.idle, () => {
    // Nobody waits: it is the caller who is slow.
    if (!waiting) return quiet.touch()
    late = true
    stop()
  })

  /** Adds what an event, and those that waited for it, give; true for the protocol's own end. */
  const take = (block: SseBlock, pieces: Uint8Array[]): boolean => {
    const { data, event: name } = block
    // A comment keeps the caller's connection alive, without its text; blank lines alone are not worth three bytes each.
    if (data === undefined) {
      if (passed(inspection.leave(), pieces) && block.raw.length >= KEEP_ALIVE.length) pieces.push(KEEP_ALIVE)
      return false
    }
    const event = read(name === undefined ? { data } : { data, event: name })
    if (event.goesOn) {
      inspection.hold(event)
      return false
    }
    // What came before it may be where the stream ends.
    if (!passed(inspection.leave(), pieces)) return false
    if (event.usage) usage = usageSoFar(usage, event.usage)
    if (event.finished || came) came = event.usage ? 'counted' : event.finished ? 'finished' : came
    if (event.made && event.made.length > 0) source.made(event.made)
    return passed(inspection.take(event), pieces) && event.done
  }

  /** False where the stream may not go on. */
  const passed = (leaving: Leaving, pieces: Uint8Array[]): boolean => {
    for (const bytes of leaving.bytes) if (bytes.length > 0) pieces.push(bytes)
    if (!('failure' in leaving)) return true
    failure = refusalOf(leaving.failure, source)
    return false
  }

  /** Blocks that have arrived and were not read yet. */
  let arrived: Iterator<SseBlock> | undefined

  /** What these blocks hold, for one turn and up to the protocol's own end: what a provider sends behind it goes nowhere. */
  function gather(blocks: Iterator<SseBlock>): Piece {
    const pieces: Uint8Array[] = []
    const began = performance.now()
    let done = false
    let fault: unknown
    try {
      for (;;) {
        const next = blocks.next()
        if (next.done === true) {
          arrived = undefined
          break
        }
        done = take(next.value, pieces)
        if (done || failure || performance.now() - began > TURN_MS) break
      }
    } catch (error) {
      fault = error
    }
    if (!failure && !done) passed(inspection.leave(), pieces)
    if (fault !== undefined) failure ??= refusalOf(fault, source)
    return { bytes: (pieces.length === 1 ? pieces[0] : undefined) ?? Buffer.concat(pieces), done }
  }

  let ended = false
  const enter = (bytes: Uint8Array | undefined): void => {
    ended = !bytes
    arrived = (bytes ? events.feed(bytes) : lastOf(events.finish().block))[Symbol.iterator]()
  }
  const drawn = ({ done, value }: { readonly done: boolean; readonly value?: Uint8Array | undefined }): void => {
    waiting = false
    // A cancelled reader ends like a finished one.
    if (late) throw tooSlow()
    enter(done ? undefined : value)
  }
  const undrawn = (cause: unknown): never => {
    waiting = false
    // What a read fails by is the connection: the provider's trouble, and none of ours to look into.
    throw late ? tooSlow() : brokenOff(cause)
  }
  const draw = (): Promise<void> => {
    quiet.touch()
    waiting = true
    return reader.read().then(drawn, undrawn)
  }

  return {
    async next() {
      for (;;) {
        if (failure) throw failure
        try {
          // Others get their turn between two pieces of one large chunk.
          if (arrived) await nextTurn()
          else await draw()
          const piece = arrived ? gather(arrived) : NO_PIECE
          if (ended && !arrived && !piece.done) failure ??= brokenOff()
          if (piece.bytes.length > 0) return piece
        } catch (error) {
          failure ??= refusalOf(error, source)
        }
      }
    },
    usage: () => usage,
    came: () => came,
    stop,
    end(why) {
      failure ??= why
      stop()
    },
    finish,
  }
}

const lastOf = (block: SseBlock | undefined): readonly SseBlock[] => (block ? [block] : [])

function refusalOf(error: unknown, { log }: PumpSource): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof SseError) {
    return new Refusal('provider_answer_invalid', {
      message: 'The provider sent something that is not an event stream.',
      cause: error,
    })
  }
  log('a stream broke off', error)
  return brokenOff(error)
}

const tooSlow = (): Refusal =>
  new Refusal('provider_timeout', { message: 'The provider stopped in the middle of its answer.' })

const brokenOff = (cause?: unknown): Refusal =>
  new Refusal('provider_failed', { message: 'The provider broke off its answer.', cause })
