// A provider's event stream on its way to the caller. It is pulled: a caller who reads slowly slows the provider, and
// nothing but the event under way is held. The end is recorded before the caller sees it; a stream that was cut, or that
// broke a rule, ends with the protocol's error and never looks complete.
import { Refusal } from '#access/refusal.ts'
import type { Provider } from '#access/provider.ts'
import type { Usage } from '#access/protocol.ts'
import type { OutcomeEntry } from '#access/trail.ts'
import type { SseBlock } from '#lib/sse-block.ts'
import { SseError, sseReader } from '#lib/sse.ts'
import { watchdog } from '#lib/watchdog.ts'
import type { SendPermit } from './approve.ts'
import { close } from './close.ts'
import type { Gate } from './gate.ts'

const KEEP_ALIVE = new TextEncoder().encode(':\n\n')

/**
 * Resolves when the first event may go out, so that a failure before it still has a status of its own (it rejects with
 * a Refusal then). Later failures are told in the stream.
 */
export async function watchStream(
  body: ReadableStream<Uint8Array>,
  provider: Provider,
  permit: SendPermit,
  gate: Gate,
): Promise<ReadableStream<Uint8Array>> {
  const pump = pumpOf(body, permit)
  const first = await withIdle(provider.timeouts.idle, pump)
  let bytes = 0
  let over = false
  let begun = false

  const end = async (ended: OutcomeEntry['ended'], reason?: string): Promise<void> => {
    if (over) return
    over = true
    unread.stop()
    permit.hungUp.removeEventListener('abort', gone)
    pump.stop()
    const usage = pump.usage()
    await close(permit, gate, {
      status: 200,
      bytes,
      ended,
      ...(reason === undefined ? {} : { reason }),
      ...(usage ? { usage } : {}),
    })
  }
  const gone = (): void =>
    void end('caller-gone').catch((error: unknown) => gate.log('an outcome was not recorded', error))
  const unread = watchdog(gate.limits.unread, () => {
    if (begun) gone()
  })
  permit.hungUp.addEventListener('abort', gone)
  if (permit.hungUp.aborted) gone()

  const step = async (controller: ReadableStreamDefaultController<Uint8Array>, piece: Piece): Promise<void> => {
    bytes += piece.bytes.length
    // Recorded first: if that fails, the caller must not see a proper end.
    if (piece.done) await end('complete')
    controller.enqueue(piece.bytes)
    if (piece.done) controller.close()
    unread.touch()
  }

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const piece = begun ? await withIdle(provider.timeouts.idle, pump) : first
          begun = true
          if (!over) await step(controller, piece)
        } catch (error) {
          await interrupt(controller, error)
        }
      },
      cancel: gone,
    },
    { highWaterMark: 0 },
  )

  async function interrupt(controller: ReadableStreamDefaultController<Uint8Array>, error: unknown): Promise<void> {
    const refusal = refusalOf(error, gate)
    await end(permit.hungUp.aborted ? 'caller-gone' : 'upstream-failed', refusal.reason).catch((cause: unknown) =>
      gate.log('an outcome was not recorded', cause),
    )
    controller.enqueue(permit.protocol.interrupt(refusal, permit.exchange))
    controller.close()
  }
}

interface Piece {
  readonly bytes: Uint8Array
  readonly done: boolean
}

interface Pump {
  /** The next bytes that may go out; `done` with the last ones. Rejects when the provider's stream cannot go on. */
  next(): Promise<Piece>
  usage(): Usage | undefined
  stop(): void
}

function pumpOf(body: ReadableStream<Uint8Array>, permit: SendPermit): Pump {
  const reader = body.getReader()
  const events = sseReader()
  const read = permit.protocol.readStream(permit.model)
  let usage: Usage | undefined

  const take = (block: SseBlock): Piece => {
    if (block.data === undefined) return { bytes: KEEP_ALIVE, done: false }
    const passed = read({ data: block.data, raw: block.raw, plain: block.dataSpan !== undefined })
    usage = passed.usage ?? usage
    return passed
  }

  return {
    async next() {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) throw new Refusal('provider_failed', { message: 'The provider broke off its answer.' })
        const piece = takeAll(events.feed(value), take)
        if (piece.bytes.length > 0) return piece
      }
    },
    usage: () => usage,
    stop: () => void reader.cancel().catch(() => undefined),
  }
}

/** All that one chunk completes, up to the protocol's own end: what a provider sends behind it goes nowhere. */
function takeAll(blocks: Iterable<SseBlock>, take: (block: SseBlock) => Piece): Piece {
  const pieces: Uint8Array[] = []
  let done = false
  for (const block of blocks) {
    const piece = take(block)
    pieces.push(piece.bytes)
    done = piece.done
    if (done) break
  }
  const [only] = pieces
  return { bytes: pieces.length === 1 && only ? only : Buffer.concat(pieces), done }
}

async function withIdle(ms: number, pump: Pump): Promise<Piece> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      pump.stop()
      reject(new Refusal('provider_timeout', { message: 'The provider stopped in the middle of its answer.' }))
    }, ms)
  })
  try {
    return await Promise.race([pump.next(), late])
  } finally {
    clearTimeout(timer)
  }
}

function refusalOf(error: unknown, gate: Gate): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof SseError) {
    return new Refusal('provider_answer_invalid', {
      message: 'The provider sent something that is not an event stream.',
      cause: error,
    })
  }
  if (error instanceof Error && error.name !== 'AbortError') gate.log('a stream broke off', error)
  return new Refusal('provider_failed', { message: 'The provider broke off its answer.', cause: error })
}
