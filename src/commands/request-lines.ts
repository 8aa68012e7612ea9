// `--log`: whether each request that ended is a line of JSON on standard output. Left out, it depends on who reads: a program gets
// the lines, a person at a terminal does not.
import { LONGEST_LINE } from '#telemetry/request-line.ts'
import { LINE_LIMITS, type LineWriter, makeLineWriter } from '#telemetry/line-writer.ts'
import { type Io, UsageError } from './io.ts'

export type LogMode = 'json' | 'off'

/** Throws UsageError. */
export function logMode(asked: string | undefined, io: Pick<Io, 'terminal'>): LogMode {
  if (asked === undefined) return io.terminal ? 'off' : 'json'
  if (asked === 'json' || asked === 'off') return asked
  throw new UsageError('--log takes json or off')
}

/** Whoever does not read holds up nothing: `LineWriter` says what becomes of lines that nobody takes. */
export function requestLines(mode: LogMode, stdout: NodeJS.WritableStream = process.stdout): LineWriter | undefined {
  if (mode === 'off') return undefined
  return makeLineWriter((text, done) => stdout.write(text, () => done()), { ...LINE_LIMITS, write: LONGEST_LINE })
}
