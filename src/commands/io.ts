// What a command sees of the world outside: handed to it by main.ts, so that a test can hand it something else.

export interface Io {
  out(line: string): void
  err(line: string): void
  /** Whether somebody sits before it. */
  readonly terminal: boolean
  /** Whether standard output is a terminal that shows colour. */
  readonly color: boolean
  /** The caller's working directory. */
  readonly cwd: string
  readonly settings: Settings
  /** For `env:` references and for children. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

export interface Settings {
  /** The state directory, absolute. */
  readonly home: string
  readonly host: string
  /** The gateway's port; control is the next one, the demo world starts ten above. */
  readonly port: number
  readonly workers: number
  /** This checkout. */
  readonly root: string
}

/** A command: resolves with the exit code. */
export type Run = (args: readonly string[], io: Io) => Promise<number>

/** Wrong use of the command line: exit 2, with the line and a pointer to `--help`. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
