// A stream to an OpenTelemetry collector: entries as log records, exchanges as spans. A shipment is a list of requests, each bounded in
// size; one that was taken is not sent again while the next one waits.
import type { Logged } from '#audit/export/logged.ts'
import { type OpenDecision, openExchanges } from '#audit/export/open-exchanges.ts'
import type { ProviderOf } from '#audit/export/otlp-genai.ts'
import { logRecord, logsRequest } from '#audit/export/otlp-logs.ts'
import { spansOf, tracesRequest } from '#audit/export/otlp-spans.ts'
import type { Origin } from '#audit/export/otlp-value.ts'
import type { OtlpSend } from '#upstream/otlp.ts'
import type { Delivery, StreamSink } from './stream-sink.ts'

export interface OtlpSinkOptions {
  readonly signals: readonly ('logs' | 'traces')[]
  readonly format: 'native' | 'ocsf'
  readonly send: OtlpSend
  readonly origin: Origin
  readonly provider: ProviderOf
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Characters of one request's records; collectors take megabytes. */
const MOST_LENGTH = 1024 * 1024
const MOST_RECORDS = 512

interface Parcel {
  readonly signal: 'logs' | 'traces'
  /** Each printed. */
  readonly records: readonly string[]
}

export function otlpSink({ signals, format, send, origin, provider, now }: OtlpSinkOptions): StreamSink {
  const exchanges = openExchanges()
  const recordsOf = (logged: Logged, observed: number): readonly [string, readonly string[]] => {
    const decision: OpenDecision | undefined = exchanges.follow(logged)
    const record = signals.includes('logs')
      ? JSON.stringify(logRecord(logged, { format, release: origin.release, observed }, decision))
      : ''
    const spans = decision && signals.includes('traces') ? spansOf(logged, decision, provider) : []
    return [record, spans.map((span) => JSON.stringify(span))]
  }
  return {
    remember: (logged) => void exchanges.follow(logged),
    take(batch) {
      const observed = now()
      const made = batch.map((logged) => recordsOf(logged, observed))
      const records = made.flatMap(([record]) => (record === '' ? [] : [record]))
      const parcels = [
        ...parcelsOf('logs', records),
        ...parcelsOf(
          'traces',
          made.flatMap(([, spans]) => spans),
        ),
      ]
      let rejected = 0
      return {
        async send(stop): Promise<Delivery> {
          for (let parcel = parcels[0]; parcel; parcel = parcels[0]) {
            const answer = await send(parcel.signal, bodyOf(parcel, origin), stop)
            if (answer.kind === 'later') return answer
            parcels.shift()
            if (answer.kind === 'accepted') rejected += Math.min(answer.rejected, parcel.records.length)
            else if (answer.kind === 'too-large' && parcel.records.length > 1) parcels.unshift(...halves(parcel))
            else rejected += parcel.records.length
          }
          return { kind: 'done', rejected }
        },
      }
    },
  }
}

function parcelsOf(signal: Parcel['signal'], records: readonly string[]): readonly Parcel[] {
  const parcels: string[][] = []
  let length = MOST_LENGTH
  for (const record of records) {
    const last = parcels.at(-1)
    if (last && last.length < MOST_RECORDS && length + record.length <= MOST_LENGTH) last.push(record)
    else {
      parcels.push([record])
      length = 0
    }
    length += record.length
  }
  return parcels.map((each) => ({ signal, records: each }))
}

function halves({ signal, records }: Parcel): readonly Parcel[] {
  const middle = records.length >> 1
  return [records.slice(0, middle), records.slice(middle)].map((each) => ({ signal, records: each }))
}

function bodyOf({ signal, records }: Parcel, origin: Origin): Uint8Array<ArrayBuffer> {
  const envelope = JSON.stringify(signal === 'logs' ? logsRequest([], origin) : tracesRequest([], origin))
  // The list of records is its only empty one.
  const at = envelope.lastIndexOf('[]') + 1
  return new TextEncoder().encode(envelope.slice(0, at) + records.join(',') + envelope.slice(at))
}
