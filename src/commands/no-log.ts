// Says that there is no such log, and which there are.
import { join } from 'node:path'
import type { Io } from './io.ts'
import { plain } from './print-problems.ts'

/** Returns the exit code. */
export function noLog(
  log: string | undefined,
  known: readonly string[],
  io: Io,
  directory: string = join(io.settings.home, 'audit'),
): number {
  const there = known.length > 0 ? `; there are ${[...known].sort().join(', ')}` : ''
  const named = log === undefined ? '' : `${log} `
  io.err(plain(`sallyport: there is no log ${named}in ${directory}${there}`))
  return 1
}
