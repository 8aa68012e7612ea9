// Which trace an exchange belongs to, and which spans it has there. One rule for all who tell of it, derived from what stands in the
// log: the same exchange is the same trace in every log record, span and copy, and a span that is told twice is the same span.
import { hash } from 'node:crypto'
import { type Fields, fieldsOf, textOf } from './logged.ts'

export interface ExchangeTrace {
  /** Lower-case hex, 32 digits. */
  readonly id: string
  /** Of the exchange itself, 16 digits. */
  readonly span: string
  /** The caller's span, where the caller sent a trace. */
  readonly parent?: string
}

/** `trace` is the decision's: the caller's trace goes on, if it is one. Otherwise a trace of the exchange's own. */
export function traceOf(exchange: string, trace?: unknown): ExchangeTrace {
  const theirs = fieldsOf(trace)
  return (theirs && callersTrace(theirs)) ?? { id: digest(`trace ${exchange}`, 32), span: spanId(exchange, 'exchange') }
}

/** W3C Trace Context §3.2.2.3: all zeros is no id. */
function callersTrace({ id, span, parent }: Fields): ExchangeTrace | undefined {
  const [trace, own, above] = [textOf(id), textOf(span), textOf(parent)]
  if (trace === undefined || own === undefined || above === undefined) return undefined
  const isId = /^[0-9a-f]{32}$/.test(trace) && !/^0+$/.test(trace)
  const areSpans = [own, above].every((each) => /^[0-9a-f]{16}$/.test(each) && !/^0+$/.test(each))
  return isId && areSpans ? { id: trace, span: own, parent: above } : undefined
}

/** `role` tells the spans of one exchange apart: `check 0`, `attempt 1`. */
export const spanId = (exchange: string, role: string): string => digest(`span ${exchange} ${role}`, 16)

const digest = (text: string, digits: number): string => hash('sha256', `sallyport ${text}`, 'hex').slice(0, digits)
