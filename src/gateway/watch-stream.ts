// A provider's event stream on its way to the caller. It is pulled: a caller who reads slowly slows the provider, and
// nothing but the piece under way is held. The end is recorded before the caller sees it; a stream that was cut, or that
// broke a rule, ends with the protocol's error and never looks complete.
import { Refusal } from '#access/refusal.ts'
import type { OutcomeEntry } from '#access/trail.ts'
import { watchdog } from '#lib/watchdog.ts'
import type { SendPermit } from './approve.ts'
import { claim } from './claim.ts'
import { close } from './close.ts'
import type { DecidedTarget } from './decide.ts'
import { type Piece, type Pump, pumpOf } from './event-pump.ts'
import type { Gate } from './gate.ts'
import { endedBy } from './refuse.ts'
import { streamInspection } from './inspect-stream.ts'
import { labelBlocked, labelFound } from './session-call.ts'
import { inspectionOf } from './inspection.ts'

/**
 * Resolves when the first event may go out, so that a failure before it still has a status of its own (it rejects with
 * a Refusal then). Later failures are told in the stream. However that ends, the outcome is recorded once, and the
 * provider's answer is let go.
 */
export async function watchStream(
  body: ReadableStream<Uint8Array>,
  from: DecidedTarget,
  permit: SendPermit,
  gate: Gate,
): Promise<ReadableStream<Uint8Array>> {
  const inspection = permit.account.answer ?? inspectionOf(permit.rules)
  permit.account.answer = inspection
  const pump = pumpOf({
    body,
    idle: from.at.timeouts.idle,
    read: permit.protocol.readStream(permit.model),
    inspection: streamInspection(inspection),
    made: (ids) => claim(ids, from, permit, gate),
    log: (line, cause) => gate.log(line, cause),
  })
  try {
    return relay(await pump.next(), pump, permit, gate)
  } catch (error) {
    pump.stop()
    throw error
  }
}

type Sink = ReadableStreamDefaultController<Uint8Array>

function relay(first: Piece, pump: Pump, permit: SendPermit, gate: Gate): ReadableStream<Uint8Array> {
  let waiting: Piece | undefined = first
  let bytes = 0
  let pulling = false
  /** True once an outcome is chosen: the last piece, a failure, and a caller who is gone may come at the same time. */
  let over = false
  /** True once nothing can reach the caller any more. */
  let left = false

  const end = (ended: OutcomeEntry['ended'], reason?: string): Promise<void> => {
    over = true
    unread.stop()
    permit.hungUp.removeEventListener('abort', hangUp)
    permit.standing.withdrawn?.removeEventListener('abort', withdraw)
    if (ended === 'complete') pump.finish()
    else pump.stop()
    const usage = pump.usage()
    const came = pump.came()
    if (came && permit.account.metered) permit.account.metered.came = came
    const told = { ...(reason === undefined ? {} : { reason }), ...(usage ? { usage } : {}) }
    return close(permit, gate, { status: 200, bytes, ended, ...told })
  }
  /** Where that cannot be recorded, its failure is: it did not end as it should. */
  const complete = async (): Promise<void> => {
    try {
      await end('complete')
    } catch (error) {
      over = false
      throw error
    }
  }
  const unrecorded = (error: unknown): void => gate.log(`the outcome of ${permit.exchange} was not recorded`, error)
  const hangUp = (): void => {
    left = true
    if (!over) void end('caller-gone').catch(unrecorded)
  }
  const withdraw = (): void => pump.end(permit.standing.withdrawn?.reason as Refusal)
  const unread = watchdog(gate.limits.unread, () => {
    // While the provider is waited for, nothing lies unread.
    if (pulling) return unread.touch()
    hangUp()
    sink?.error(new Error('the caller stopped reading'))
  })
  permit.hungUp.addEventListener('abort', hangUp)
  permit.standing.withdrawn?.addEventListener('abort', withdraw)

  const hand = (to: Sink, piece: Piece): void => {
    to.enqueue(piece.bytes)
    if (piece.done) to.close()
    unread.touch()
  }
  const interrupt = async (to: Sink, error: unknown): Promise<void> => {
    const refusal = refusalOf(error, gate)
    const told = permit.protocol.interrupt(refusal, permit.exchange)
    await labelBlocked(permit, gate)
    if (!over) bytes += told.length
    if (!over) await end(endedBy(refusal), refusal.reason).catch(unrecorded)
    if (left) return
    to.enqueue(told)
    to.close()
  }

  let sink: Sink | undefined
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        sink = controller
        if (permit.hungUp.aborted) hangUp()
        if (permit.standing.withdrawn?.aborted) withdraw()
      },
      async pull(controller) {
        pulling = true
        try {
          const piece = waiting ?? (await pump.next())
          waiting = undefined
          if (over) return
          bytes += piece.bytes.length
          // Recorded first: if that fails, the caller must not see a proper end.
          if (isFound(permit)) await labelFound(permit, gate)
          if (piece.done) await complete()
          if (!left) hand(controller, piece)
        } catch (error) {
          await interrupt(controller, error)
        } finally {
          pulling = false
        }
      },
      cancel: hangUp,
    },
    { highWaterMark: 0 },
  )
}

const isFound = ({ account }: SendPermit): boolean => account.answer !== undefined && account.answer.matches() > 0

function refusalOf(error: unknown, gate: Gate): Refusal {
  if (error instanceof Refusal) return error
  gate.log('a stream failed', error)
  return new Refusal('internal', { message: 'Something went wrong inside the gate.', cause: error })
}
