import { isAbsolute, join, resolve } from 'node:path'
import { type Settings, UsageError } from './io.ts'

/** Reads the SALLYPORT_ variables. Throws UsageError that names the variable, what it holds to be, and the fix. */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
  root: string,
  cwd: string,
): Settings {
  const text = (name: string): string | undefined => {
    const value = environment[name]
    return value === undefined || value === '' ? undefined : value
  }
  const integer = (name: string, fallback: number, least: number, most: number): number => {
    const value = text(name)
    if (value === undefined) return fallback
    if (/^\d{1,6}$/.test(value) && Number(value) >= least && Number(value) <= most) return Number(value)
    throw new UsageError(`${name} must be a whole number from ${least} to ${most}`)
  }
  refuseUnknown(environment)
  const home = text('SALLYPORT_HOME')
  return {
    home: home === undefined ? join(root, '.sallyport') : isAbsolute(home) ? home : resolve(cwd, home),
    host: text('SALLYPORT_HOST') ?? '127.0.0.1',
    // The demo world needs the ports up to twelve above.
    port: integer('SALLYPORT_PORT', 8400, 1, 65_500),
    workers: integer('SALLYPORT_WORKERS', 1, 1, 64),
    root,
  }
}

const KNOWN = new Set(['SALLYPORT_HOME', 'SALLYPORT_HOST', 'SALLYPORT_PORT', 'SALLYPORT_WORKERS'])

/** A misspelt variable would silently leave its default in force. */
function refuseUnknown(environment: Readonly<Record<string, string | undefined>>): void {
  const unknown = Object.keys(environment).find((name) => name.startsWith('SALLYPORT_') && !KNOWN.has(name))
  if (unknown === undefined) return
  throw new UsageError(`${unknown} is not known; known are ${[...KNOWN].sort().join(', ')}`)
}
