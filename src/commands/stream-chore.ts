// Tells somebody of entries as they happen, from the files: the log on the disk is the queue. At least once: what was delivered is known
// after a crash only as far as the position was written, and is told again from there, with the same ids. A stream that is too far
// behind passes over the oldest, and counts them. Nothing here is waited for by anybody else.
import { join } from 'node:path'
import type { StreamPlace } from '#access/keeping.ts'
import { loggedEntry } from '#audit/export/logged.ts'
import type { ProviderOf } from '#audit/export/otlp-genai.ts'
import type { Chore } from '#audit/follow/chore.ts'
import { followLog } from '#audit/follow/follow-log.ts'
import { followLogs, type LogsFollower } from '#audit/follow/follow-logs.ts'
import { type OtlpOptions, otlpSender } from '#upstream/otlp.ts'
import { type LineWriter, lineSink } from './stream-lines.ts'
import { otlpSink } from './stream-otlp.ts'
import { streamPosition, type Told } from './stream-position.ts'
import type { Shipment, StreamSink } from './stream-sink.ts'
import { toldOf, whyAnotherLog } from './stream-told.ts'
import { passOver, waiting } from './stream-waiting.ts'
import { vouchedSizes } from './vouched-sizes.ts'

export interface StreamParts {
  /** The logs' directory, that of their keys, and the one that positions are kept in. */
  readonly audit: string
  readonly keys: string
  readonly streams: string
  /** The process's own standard output. */
  readonly out: LineWriter
  readonly otlp: OtlpOptions
  readonly provider: ProviderOf
  readonly release: string
  readonly host?: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** A line for the operators. */
  readonly report: (line: string) => void
  /** Entries that may wait; 100,000 unless given. */
  readonly mostBehind?: number
}

const MOST_BEHIND = 100_000
/** Entries of one log that are told at once. */
const BATCH = 256
/** Entries before the position that may have opened what ends after it. */
const LOOK_BACK = 4_096
const SURVEY_MS = 500
const SAVE_MS = 1_000
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000
/** A collector that asks for more than this is asked anyway. */
const LONGEST_ASKED_MS = 300_000

/** A new stream begins at the last checkpoints: what was recorded before somebody listened is for `audit export`. */
export function streamChore(place: StreamPlace, parts: StreamParts): Chore {
  const { audit, now, report, mostBehind = MOST_BEHIND } = parts
  const position = streamPosition(parts.streams, place.name)
  const sink = sinkOf(place, parts)
  const vouched = vouchedSizes(audit, parts.keys)
  const delivered = new Map<string, number>()
  /** What is written down of it. */
  const safe = new Map<string, Told>()
  let follower: LogsFollower | undefined
  let pending: { readonly shipment: Shipment; readonly log: string; readonly next: number } | undefined
  let trouble: Error | undefined
  let doubted: ReadonlySet<string> = new Set()
  let [behind, dropped, failures, refused] = [0, 0, 0, 0]
  let [surveyed, saved, notBefore] = [-Infinity, -Infinity, -Infinity]

  const beginAnew = (log: string, why: string): void => {
    report(`stream ${place.name}: ${log} is not the log that was told: ${why}; it is told from its beginning`)
    delivered.set(log, 0)
    safe.set(log, { next: 0 })
    if (pending?.log === log) pending = undefined
    follower?.moveTo(log, 0)
  }

  /** They are told all the same, and where they end is nobody's word. */
  const doubt = (logs: readonly string[]): void => {
    for (const log of logs)
      if (!doubted.has(log)) report(`stream ${place.name}: no key vouches for the checkpoint of ${log}`)
    doubted = new Set(logs)
  }

  const open = async (): Promise<LogsFollower> => {
    const known = await position.load()
    const { sizes } = await vouched()
    for (const [log, told] of known ?? (await endsOf(audit, sizes))) {
      delivered.set(log, told.next)
      safe.set(log, told)
      const size = sizes.get(log)
      const why = size === undefined ? undefined : await whyAnotherLog({ directory: join(audit, log), size }, told)
      if (why !== undefined) beginAnew(log, why)
    }
    // At once: until then, a crash would have the next start begin at a later end.
    if (!known) await position.save(safe)
    if (sink.remember) for (const [log, at] of delivered) await lookBack(sink, join(audit, log), { log, at })
    return followLogs(audit, { positions: new Map(delivered) })
  }

  const survey = async (logs: LogsFollower): Promise<void> => {
    if (now() - surveyed < SURVEY_MS) return
    surveyed = now()
    const found = await vouched()
    const sizes = new Map([...found.sizes].filter(([log]) => logs.positions().has(log)))
    doubt(found.unvouched)
    for (const [log, size] of sizes) {
      const { next = 0 } = safe.get(log) ?? {}
      if (next > size) beginAnew(log, `it has ${size} entries, and ${next} were told`)
    }
    const wait = waiting(sizes, delivered)
    behind = wait.all
    if (behind <= mostBehind) return
    const passed = passOver(wait, mostBehind)
    for (const [log, count] of passed.byLog) {
      delivered.set(log, (delivered.get(log) ?? 0) + count)
      logs.moveTo(log, delivered.get(log) ?? 0)
    }
    if (pending) logs.moveTo(pending.log, delivered.get(pending.log) ?? 0)
    pending = undefined
    behind -= passed.all
    dropped += passed.all
  }

  /** No further than checkpoints: what stands in a journal alone may be gone after a power loss, and other entries stand there then. */
  const save = async (): Promise<void> => {
    const { sizes } = await vouched()
    for (const [log, at] of delivered) {
      const size = sizes.get(log) ?? 0
      const next = Math.min(at, size)
      if (next > (safe.get(log)?.next ?? -1)) safe.set(log, await toldOf({ directory: join(audit, log), size }, next))
    }
    await position.save(safe)
    saved = now()
  }

  const deliver = async (stop: AbortSignal): Promise<void> => {
    if (!pending) return
    const delivery = await pending.shipment.send(stop)
    if (delivery.kind === 'full') return
    if (delivery.kind === 'later') {
      const asked = delivery.after ?? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures)
      notBefore = now() + Math.min(asked, LONGEST_ASKED_MS)
      failures = Math.min(failures + 1, 16)
      trouble = new Error(delivery.why)
      if (stop.aborted) return
      throw trouble
    }
    failures = 0
    trouble = undefined
    refused += delivery.rejected
    delivered.set(pending.log, pending.next)
    pending = undefined
    if (now() - saved >= SAVE_MS) await save()
  }

  return {
    name: `stream:${place.name}`,
    standing: () => ({ behind, dropped, refused, stuck: doubted.size > 0 }),
    async turn(stop) {
      follower ??= await open()
      await survey(follower)
      if (stop.aborted) return 'done'
      // Still: whoever runs this would take silence for an end of the trouble.
      if (trouble && now() < notBefore) throw trouble
      if (!pending) {
        const batch = await follower.read(BATCH)
        if (!batch) {
          await save()
          return 'done'
        }
        const { log, next, entries } = batch
        pending = { shipment: sink.take(entries.map(({ index, bytes }) => loggedEntry(log, index, bytes))), log, next }
      }
      await deliver(stop)
      return pending ? 'done' : 'more'
    },
    async close() {
      sink.close?.()
      if (!follower) return
      await save()
      await follower.close()
    },
  }
}

function sinkOf(place: StreamPlace, { out, otlp, provider, release, host, now }: StreamParts): StreamSink {
  switch (place.to) {
    case 'stdout':
      return lineSink(out, { format: place.format, release })
    case 'otlp': {
      const origin = { release, ...(host !== undefined && { host }) }
      const send = otlpSender(place, otlp)
      return otlpSink({ signals: place.signals, format: place.format, send, origin, provider, now })
    }
  }
}

const endsOf = async (
  audit: string,
  sizes: ReadonlyMap<string, number>,
): Promise<readonly (readonly [string, Told])[]> =>
  Promise.all(
    [...sizes].map(async ([log, size]) => [log, await toldOf({ directory: join(audit, log), size }, size)] as const),
  )

/** Decisions that were told before the restart, and whose outcomes were not. */
async function lookBack(sink: StreamSink, directory: string, { log, at }: { log: string; at: number }): Promise<void> {
  const past = followLog(directory, Math.max(0, at - LOOK_BACK))
  try {
    for (;;) {
      const left = at - past.next
      const entries = left > 0 ? await past.read(Math.min(BATCH, left)) : []
      if (entries.length === 0) return
      for (const { index, bytes } of entries) sink.remember?.(loggedEntry(log, index, bytes))
    }
  } catch {
    // What cannot be read is told by whoever has to: these are only looked back at.
  } finally {
    await past.close()
  }
}
