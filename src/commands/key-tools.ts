// What the verbs of `sallyport key` have in common: time and chance, and where a secret is shown.
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { systemClock } from '#lib/clock.ts'
import { type Io, UsageError } from './io.ts'
import type { Random } from './key-secret.ts'
import { plain } from './print-problems.ts'

export interface KeyTools {
  /** Milliseconds since the epoch. */
  now(): number
  readonly random: Random
}

export const systemTools: KeyTools = { now: () => systemClock.now(), random: (length) => randomBytes(length) }

/** What is said besides the key itself: where standard output goes on into a file or a program, on standard error. */
export const beside =
  (io: Pick<Io, 'terminal' | 'out' | 'err'>): ((line: string) => void) =>
  (line) =>
    io.terminal ? io.out(line) : io.err(line)

/** The id alone: a whole key on a command line would end up in the shell's history. */
export function keyId(positionals: readonly string[], verb: string): string {
  const [id, more] = positionals
  if (id === undefined || more !== undefined || !/^[A-Za-z0-9]{12}$/.test(id))
    throw new UsageError(
      `key ${verb} takes the id of one key, the 12 letters and digits after sp_, and never a whole key`,
    )
  return id
}

/** Throws an Error where there are no keys to be changed: a misspelt state directory must not be made. */
export function requireKeys({ settings }: Pick<Io, 'settings'>): void {
  if (!existsSync(join(settings.home, 'control.db')))
    throw new Error(`${settings.home} has no keys; sallyport key create makes one`)
}

/**
 * Writes texts of keys into a new file, mode 0600, before `work` makes them good: none is ever good and lost. Where `work`
 * fails the file is gone again. Without a file, `work` alone.
 */
export async function intoFile<T>(
  name: string | undefined,
  keys: readonly string[],
  io: Pick<Io, 'cwd'>,
  work: () => Promise<T>,
): Promise<T> {
  if (name === undefined) return work()
  const path = resolve(io.cwd, name)
  const file = await newFile(path)
  try {
    try {
      await file.writeFile(keys.map((key) => `${key}\n`).join(''))
      await file.sync()
    } finally {
      await file.close()
    }
    return await work()
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}

function newFile(path: string): Promise<FileHandle> {
  return open(path, 'wx', 0o600).catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    const why = code === 'EEXIST' ? 'is there already, and is not overwritten' : `cannot be made (${code})`
    throw new Error(plain(`${path} ${why}`), { cause })
  })
}
