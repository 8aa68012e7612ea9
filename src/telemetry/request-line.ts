// One JSON line for each request, when its outcome stands: what an operator searches for, and never more than the two entries say.
// A line fits into what a pipe takes whole, so that workers that share one do not write into each other's lines.
import type { OutcomeEntry } from '#access/trail.ts'
import type { Begun } from './begun.ts'

/** What POSIX lets a pipe take at once (PIPE_BUF on Linux). */
export const LONGEST_LINE = 4_096
const LONGEST_TEXT = 256

/** With its newline. `time` is the outcome's, in milliseconds since the epoch. */
export function requestLine(outcome: OutcomeEntry, begun: Begun | undefined, time: number): string {
  const line = printLine(lineOf(outcome, begun, time))
  if (Buffer.byteLength(line) <= LONGEST_LINE) return line
  // Names of nothing but characters that must be escaped: who and what then stands in the log, under the exchange.
  return printLine(lineOf(outcome, undefined, time))
}

function lineOf(outcome: OutcomeEntry, begun: Begun | undefined, time: number): object {
  const { status, ended, bytes, us, usage, attempts } = outcome
  const last = attempts?.at(-1)
  const reason = outcome.reason ?? begun?.reason
  const isModel = begun?.resource.type === 'Model'
  const resource = begun && cut(begun.resource.id)
  // What is undefined does not stand in the line.
  return {
    time: new Date(time).toISOString(),
    level: levelOf(outcome),
    exchange: outcome.exchange,
    principal: begun && { type: begun.principal.type, id: cut(begun.principal.id) },
    key: begun?.principal.key,
    action: begun && cut(begun.action),
    model: isModel ? resource : undefined,
    resource: isModel ? undefined : resource,
    decision: begun?.decision,
    source: begun?.source,
    reason,
    status,
    ended,
    target: last && cut(last.target),
    attempts: attempts?.length,
    bytes,
    tokens: usage,
    us,
    findings: (begun?.findings ?? 0) + outcome.findings.length,
    bundle: begun?.bundle.slice(0, 12),
    trace: begun?.trace,
  }
}

/** `error`: somebody should look. `warn`: it did not come out as meant, and the gate is well. */
function levelOf({ status, ended }: OutcomeEntry): 'info' | 'warn' | 'error' {
  if (ended === 'unknown' || status === 500 || status === 503) return 'error'
  return ended === 'complete' || ended === 'caller-gone' ? 'info' : 'warn'
}

const cut = (text: string): string => (text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text)

/** JSON leaves C1 controls, and what turns the direction of writing, as they are: a terminal would obey them. */
const OBEYED = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

function printLine(line: object): string {
  const text = JSON.stringify(line)
  return `${OBEYED.test(text) ? text.replace(OBEYED, escaped) : text}\n`
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
