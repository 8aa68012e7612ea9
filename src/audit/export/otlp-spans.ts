// One exchange as spans: `POST /v1/traces`, after the GenAI conventions of OpenTelemetry. The exchange is a SERVER span; what the gate
// checked are its INTERNAL children; each attempt at a model is a CLIENT child, and the only one with `gen_ai.usage.*`: a backend that
// adds up tokens would count them twice. Checks and attempts are laid end to end, since only their lengths were measured.
import { ulidTime } from '#lib/ulid.ts'
import { type Fields, fieldsOf, type Logged, numberOf, recordsOf, textOf, textsOf } from './logged.ts'
import { splitTarget } from './ocsf-decision.ts'
import type { OpenDecision } from './open-exchanges.ts'
import { operationOf, type ProviderOf, providerName, serverOf } from './otlp-genai.ts'
import { keyValues, nanoseconds, type Origin, resourceOf, scopeOf } from './otlp-value.ts'
import { type ExchangeTrace, spanId, traceOf } from './trace-ids.ts'

export interface Span extends Fields {
  readonly traceId: string
  readonly spanId: string
  readonly name: string
}

const INTERNAL = 1
const SERVER = 2
const CLIENT = 3
const FAILED = { code: 2 } as const
/** Bits 8 and 9: it is known whether the parent is elsewhere, and it is. Bit 0: sampled. */
const PARENT_IS_HERE = 0x101
const PARENT_IS_ELSEWHERE = 0x301

interface Exchange {
  readonly id: string
  readonly trace: ExchangeTrace
  readonly decision: Fields
  readonly outcome: Fields
  /** Of its arrival, milliseconds since the epoch. */
  readonly arrival: number
  /** Microseconds. */
  readonly length: number
  readonly provider: ProviderOf
}

/** The spans of an outcome and its decision; none where one of them is not shaped as such. */
export function spansOf(
  { entry }: Logged,
  { log, fields: decision }: OpenDecision,
  provider: ProviderOf,
): readonly Span[] {
  const id = textOf(entry?.['exchange'])
  const arrival = ulidTime(id ?? '')
  if (!entry || id === undefined || arrival === undefined) return []
  const ended = Date.parse(entry.time)
  const length = numberOf(entry['us']) ?? Math.max(0, (Number.isNaN(ended) ? arrival : ended) - arrival) * 1_000
  const trace = traceOf(id, decision['trace'])
  const exchange: Exchange = { id, trace, decision, outcome: entry, arrival, length, provider }
  const checks = checksOf(exchange)
  return [rootSpan(exchange, log), ...checks.spans, ...attemptSpans(exchange, checks.us)]
}

export function tracesRequest(spans: readonly Span[], origin: Origin): Fields {
  return { resourceSpans: [{ resource: resourceOf(origin), scopeSpans: [{ scope: scopeOf(origin), spans }] }] }
}

function rootSpan(exchange: Exchange, log: string): Span {
  const { id, trace, decision, outcome } = exchange
  const operation = operationOf(decision)
  const model = textOf(fieldsOf(decision['resource'])?.['id'])
  const principal = fieldsOf(decision['principal'])
  const status = numberOf(outcome['status']) ?? 0
  return {
    traceId: trace.id,
    spanId: trace.span,
    ...(trace.parent === undefined ? {} : { parentSpanId: trace.parent }),
    flags: trace.parent === undefined ? PARENT_IS_HERE : PARENT_IS_ELSEWHERE,
    name: [operation, model].filter(Boolean).join(' '),
    kind: SERVER,
    ...within(exchange, 0, exchange.length),
    attributes: keyValues({
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': providerName(decision, textsOf(decision['targets'])[0], exchange.provider),
      'gen_ai.request.model': model,
      'http.response.status_code': status === 0 ? undefined : status,
      'error.type': errorOf(outcome),
      'client.address': textOf(decision['source']),
      'user.id': textOf(principal?.['id']),
      'session.id': textOf(decision['session']),
      'sallyport.exchange': id,
      'sallyport.log': log,
      'sallyport.principal.type': textOf(principal?.['type']),
      'sallyport.decision': textOf(decision['decision']),
      'sallyport.reason': textOf(outcome['reason']) ?? textOf(decision['reason']),
      'sallyport.ended': textOf(outcome['ended']),
      'sallyport.policies': textsOf(decision['policies']),
      'sallyport.bundle': textOf(decision['bundle']),
      'sallyport.bytes': numberOf(outcome['bytes']),
      ...(attemptsOf(outcome).length === 0 ? usageOf(outcome) : {}),
    }),
    // HTTP conventions: of a server's span, a no to the caller (4xx) is no error of the server's.
    ...(status >= 500 || isBroken(outcome) ? { status: FAILED } : {}),
  }
}

/** The outcome's list holds the decision's, and goes on; one that is not so long was cut. */
function checksOf(exchange: Exchange): { readonly spans: readonly Span[]; readonly us: number } {
  const [early, all] = [recordsOf(exchange.decision['checks']), recordsOf(exchange.outcome['checks'])]
  const spans: Span[] = []
  let at = 0
  for (const [number, check] of (all.length >= early.length ? all : early).entries()) {
    const name = textOf(check['name'])
    const us = numberOf(check['us']) ?? 0
    const verdict = textOf(check['verdict'])
    if (name === undefined || verdict === 'not-run') continue
    const isAnswer = check['direction'] === 'answer'
    // What looked at the answer did so while it passed: up to its end.
    const from = isAnswer ? exchange.length - us : at
    if (!isAnswer) at += us
    spans.push({
      ...childOf(exchange, `check ${number}`),
      name: `check ${name}`,
      kind: INTERNAL,
      ...within(exchange, from, from + us),
      attributes: keyValues({
        'sallyport.check.name': name,
        'sallyport.check.verdict': verdict,
        'sallyport.check.direction': textOf(check['direction']),
        'sallyport.check.found': numberOf(check['found']),
      }),
      ...(verdict === 'indeterminate' ? { status: FAILED } : {}),
    })
  }
  return { spans, us: at }
}

function attemptSpans(exchange: Exchange, after: number): readonly Span[] {
  const attempts = attemptsOf(exchange.outcome)
  const spans: Span[] = []
  let at = after
  for (const [number, attempt] of attempts.entries()) {
    const us = numberOf(attempt['us']) ?? 0
    const isLast = number === attempts.length - 1
    spans.push({
      ...childOf(exchange, `attempt ${number}`),
      ...within(exchange, at, at + us),
      ...attemptOf(exchange, attempt, isLast),
    })
    at += us
  }
  return spans
}

function attemptOf({ decision, outcome, provider }: Exchange, attempt: Fields, isLast: boolean) {
  const operation = operationOf(decision)
  const target = textOf(attempt['target'])
  const [, model] = splitTarget(target)
  const status = numberOf(attempt['status']) ?? 0
  const error = textOf(attempt['error']) ?? (status >= 400 ? String(status) : undefined)
  return {
    name: [operation, model].filter(Boolean).join(' '),
    kind: CLIENT,
    attributes: keyValues({
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': providerName(decision, target, provider),
      'gen_ai.request.model': model,
      ...serverOf(target, provider),
      'http.response.status_code': status === 0 ? undefined : status,
      'error.type': error,
      'sallyport.target': target,
      // Of the attempt that answered.
      ...(isLast && error === undefined ? usageOf(outcome) : {}),
    }),
    ...(error === undefined ? {} : { status: FAILED }),
  }
}

const attemptsOf = ({ attempts }: Fields): readonly Fields[] => recordsOf(attempts)

function usageOf({ usage }: Fields): Fields {
  const tokens = fieldsOf(usage)
  return {
    'gen_ai.usage.input_tokens': numberOf(tokens?.['input']),
    'gen_ai.usage.output_tokens': numberOf(tokens?.['output']),
  }
}

/** A class of few values, as the conventions ask for: our own reasons, else how it ended. */
function errorOf(outcome: Fields): string | undefined {
  const ended = textOf(outcome['ended'])
  return ended === 'complete' ? undefined : (textOf(outcome['reason']) ?? ended)
}

const isBroken = ({ ended }: Fields): boolean => ended === 'upstream-failed' || ended === 'unknown'

function childOf({ id, trace }: Exchange, role: string) {
  return { traceId: trace.id, spanId: spanId(id, role), parentSpanId: trace.span, flags: PARENT_IS_HERE }
}

/** From and to in microseconds after the arrival; a child never sticks out of its exchange. */
function within({ arrival, length }: Exchange, from: number, to: number) {
  const start = Math.min(Math.max(0, from), length)
  const end = Math.min(Math.max(start, to), length)
  return { startTimeUnixNano: nanoseconds(arrival, start), endTimeUnixNano: nanoseconds(arrival, end) }
}
