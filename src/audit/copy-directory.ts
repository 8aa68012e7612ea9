// A copy in a directory, such as a disk of another machine that is mounted here. Everything is synced; nothing is ever half written.
import { link, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { CopyDestination } from './copy-destination.ts'
import { MOST, readRegularFile } from './verify/regular-file.ts'

/** `root` MUST be there and is never made: one that is not is a disk that is not mounted, and another would fill in its place. */
export function copyDirectory(root: string): CopyDestination {
  /** Directories with names that may not survive the machine yet. */
  const unsettled = new Set<string>()
  let count = 0
  let cleaned: Promise<void> | undefined

  /** Writes beside the place where it will stand, so that it can be put there whole. */
  const prepare = async (path: string, bytes: Uint8Array): Promise<string> => {
    await (cleaned ??= dropHalves(root))
    await makeFolder(root, dirname(path), unsettled)
    const written = join(root, dirname(path), `.${process.pid}-${count++}.new`)
    const file = await open(written, 'wx', 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    return written
  }

  return {
    // Somebody else's disk: what stands there may be a pipe, or without end.
    read: (path) => readRegularFile(join(root, path), MOST.bundle),
    async create(path, bytes) {
      const written = await prepare(path, bytes)
      try {
        // Fails where something stands there, which a rename would replace.
        await link(written, join(root, path))
        unsettled.add(dirname(join(root, path)))
        return 'created'
      } catch (error) {
        if (codeOf(error) === 'EEXIST') return 'taken'
        throw error
      } finally {
        await rm(written, { force: true })
      }
    },
    async settle() {
      for (const directory of unsettled) {
        await settleNames(directory)
        unsettled.delete(directory)
      }
    },
    async replace(path, bytes) {
      const written = await prepare(path, bytes)
      await this.settle()
      await rename(written, join(root, path))
      await settleNames(dirname(join(root, path)))
    },
    forget: (folder) => rm(join(root, folder), { recursive: true, force: true }),
  }
}

/** One by one from the top, since the name of each stands in the one above it. */
async function makeFolder(root: string, folder: string, unsettled: Set<string>): Promise<void> {
  let at = root
  for (const part of folder.split('/')) {
    at = join(at, part)
    await makeOne(at, unsettled)
  }
}

async function makeOne(directory: string, unsettled: Set<string>): Promise<void> {
  try {
    await mkdir(directory, { mode: 0o700 })
    unsettled.add(dirname(directory))
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    // What is written below a link, and removed there, would be somebody else's.
    if (!(await lstat(directory)).isDirectory()) throw new Error(`${directory} is not a directory`, { cause: error })
  }
}

async function settleNames(directory: string): Promise<void> {
  const file = await open(directory, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Half-written files that a crash left. */
async function dropHalves(root: string): Promise<void> {
  const names = await readdir(root, { recursive: true }).catch(absent<string[]>([]))
  for (const name of names) if (/(?:^|\/)\.\d+-\d+\.new$/.test(name)) await rm(join(root, name), { force: true })
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

function absent<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return value
    throw error
  }
}
