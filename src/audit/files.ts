// Every touch of the disk that the writer makes, so that tests can fail the Nth write, sync or rename.
// What blocks is what an append needs before it may answer; all else is asynchronous.
import { close, closeSync, constants, fdatasync, fsync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { access, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { MOST, readRegularFile, UnreadableFile } from './verify/regular-file.ts'

const syncBytes = promisify(fdatasync)
const syncAll = promisify(fsync)
const closeLater = promisify(close)

export interface Files {
  /** Opens a new file for appending, mode 0600; throws where it exists. */
  create(path: string): number
  /** Appends `bytes` from `from` on; returns how many were taken, which may be fewer. */
  write(file: number, bytes: Uint8Array, from: number): number
  truncate(file: number, length: number): void
  /** fsync, blocking. */
  settle(file: number): void
  /** fsync of a directory, blocking: makes the names in it survive the machine. */
  settleDirectory(path: string): void
  /** fdatasync. */
  sync(file: number): Promise<void>
  syncDirectory(path: string): Promise<void>
  /** fsync of a file that an earlier process wrote. */
  syncWritten(path: string): Promise<void>
  close(file: number): Promise<void>
  /** Creates or empties the file, mode 0600, writes and syncs it. */
  writeSynced(path: string, bytes: Uint8Array): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** Resolves to undefined where there is no such file. Rejects for a pipe, and for more than any of our files holds. */
  read(path: string): Promise<Buffer | undefined>
  has(path: string): Promise<boolean>
  /** Names in a directory, sorted; none where there is no such directory. */
  list(path: string): Promise<readonly string[]>
  /** With its parents, mode 0700. Resolves to the topmost directory that had to be made. */
  makeDirectory(path: string): Promise<string | undefined>
  /** A file, or a directory with all that is in it; gone already is fine. */
  remove(path: string): Promise<void>
}

export const diskFiles: Files = {
  create: (path) => openSync(path, 'ax', 0o600),
  write: (file, bytes, from) => writeSync(file, bytes, from),
  truncate: (file, length) => ftruncateSync(file, length),
  settle: (file) => fsyncSync(file),
  settleDirectory: (path) => {
    const directory = openSync(path, 'r')
    try {
      fsyncSync(directory)
    } finally {
      closeSync(directory)
    }
  },
  sync: (file) => syncBytes(file),
  syncDirectory: syncNamed,
  syncWritten: syncNamed,
  close: (file) => closeLater(file),
  writeSynced: async (path, bytes) => {
    const file = await open(path, 'w', 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
  },
  rename: (from, to) => rename(from, to),
  read: readNamed,
  has: (path) =>
    access(path).then(
      () => true,
      () => false,
    ),
  list: async (path) => (await readdir(path).catch(absent<string[]>([]))).sort(),
  makeDirectory: (path) => mkdir(path, { recursive: true, mode: 0o700 }),
  remove: (path) => rm(path, { recursive: true, force: true }),
}

async function syncNamed(path: string): Promise<void> {
  const named = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    await syncAll(named.fd)
  } finally {
    await named.close()
  }
}

async function readNamed(path: string): Promise<Buffer | undefined> {
  try {
    return await readRegularFile(path, MOST.segment)
  } catch (cause) {
    if (cause instanceof UnreadableFile) throw new Error(`${path} ${cause.message}`, { cause })
    throw cause
  }
}

function absent<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return value
    throw error
  }
}
