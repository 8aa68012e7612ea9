// Entries as OTLP log records: `POST /v1/logs`. The body is the entry itself, or its OCSF event; the attributes are what one looks for.
import { ulidTime } from '#lib/ulid.ts'
import { type Fields, fieldsOf, type Logged, recordsOf, textOf } from './logged.ts'
import { ocsfEvent } from './ocsf.ts'
import type { OpenDecision } from './open-exchanges.ts'
import { anyValue, keyValues, nanoseconds, type Origin, resourceOf, scopeOf } from './otlp-value.ts'
import { traceOf } from './trace-ids.ts'

export interface LogRecord extends Fields {
  readonly timeUnixNano: string
  readonly eventName: string
}

export interface LogRecordOptions {
  readonly format: 'native' | 'ocsf'
  readonly release: string
  /** When it was read from the log, milliseconds since the epoch. */
  readonly observed: number
}

/** `decision` is that of an outcome, where it is known. */
export function logRecord(logged: Logged, options: LogRecordOptions, decision?: OpenDecision): LogRecord {
  const { log, index, entry } = logged
  const { format, release, observed } = options
  const exchange = textOf(entry?.['exchange'])
  const principal = fieldsOf(entry?.['principal'])
  const severity = entry ? severityOf(entry) : ERROR
  const kind = entry?.kind ?? 'unreadable'
  const body = format === 'native' && entry ? entry : ocsfEvent(logged, release, decision)
  return {
    timeUnixNano: nanoseconds(timeOf(entry)),
    observedTimeUnixNano: nanoseconds(observed),
    ...severity,
    eventName: `sallyport.${kind}`,
    body: anyValue(body),
    attributes: keyValues({
      // What is told twice is known by it.
      'log.record.uid': entry?.id,
      'sallyport.log': log,
      'sallyport.index': index,
      'sallyport.kind': kind,
      'sallyport.exchange': exchange,
      'sallyport.decision': textOf(entry?.['decision']),
      'sallyport.reason': textOf(entry?.['reason']),
      'sallyport.action': textOf(entry?.['action']),
      'sallyport.resource': textOf(fieldsOf(entry?.['resource'])?.['id']),
      'sallyport.principal.type': textOf(principal?.['type']),
      'user.id': textOf(principal?.['id']),
      'session.id': textOf(entry?.['session']),
      'client.address': textOf(entry?.['source']),
    }),
    ...placeInTrace(entry, exchange, decision),
  }
}

export function logsRequest(records: readonly LogRecord[], origin: Origin): Fields {
  return {
    resourceLogs: [{ resource: resourceOf(origin), scopeLogs: [{ scope: scopeOf(origin), logRecords: records }] }],
  }
}

/** An outcome whose decision is not known may be of a caller's trace: nothing is said rather than something wrong. */
function placeInTrace(entry: Fields | undefined, exchange: string | undefined, decision?: OpenDecision): Fields {
  if (!entry || exchange === undefined) return {}
  const of = entry['kind'] === 'decision' ? entry : decision?.fields
  if (!of) return {}
  const { id, span } = traceOf(exchange, of['trace'])
  return { traceId: id, spanId: span }
}

const INFO = { severityNumber: 9, severityText: 'INFO' } as const
const WARN = { severityNumber: 13, severityText: 'WARN' } as const
const ERROR = { severityNumber: 17, severityText: 'ERROR' } as const

function severityOf(entry: Fields): typeof INFO | typeof WARN | typeof ERROR {
  switch (entry['kind']) {
    case 'indicator':
      return ERROR
    case 'decision':
      return entry['decision'] === 'deny' || isTouched(entry) ? WARN : INFO
    case 'outcome':
      return entry['ended'] === 'upstream-failed' || entry['ended'] === 'unknown' || isTouched(entry) ? WARN : INFO
    case 'secret':
      return entry['what'] === 'lost' ? ERROR : INFO
    case 'session':
      return isSuspectEnd(entry) || entry['trust'] === 'elevated' ? WARN : INFO
    case 'token':
      return entry['what'] === 'refused' ? WARN : INFO
    case 'change':
      return entry['what'] === 'log-removal' || entry['what'] === 'process' ? WARN : INFO
    default:
      return INFO
  }
}

const SUSPECT: ReadonlySet<unknown> = new Set(['misuse', 'refresh-reused', 'out-of-scope'])

const isSuspectEnd = ({ what, why }: Fields): boolean => what === 'end' && SUSPECT.has(why)

/** Something was taken out, or stopped. */
const isTouched = ({ findings }: Fields): boolean =>
  recordsOf(findings).some(({ action }) => action === 'block' || action === 'redact')

function timeOf(entry: Logged['entry']): number {
  const time = Date.parse(entry?.time ?? '')
  return Number.isNaN(time) ? (ulidTime(entry?.id ?? '') ?? 0) : time
}
