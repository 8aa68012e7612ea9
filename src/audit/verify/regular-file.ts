// Reads a file that anybody may have put there: only a regular one, only up to a bound, and never waiting for a pipe.
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/** The largest that each kind of file can be, in bytes. */
export const MOST = {
  note: 64 * 2 ** 10,
  tile: 8 * 2 ** 10,
  bundle: 16 * 2 ** 20,
  segment: 128 * 2 ** 20,
  seen: 2 ** 20,
} as const

/** Something is there, and it is no file that could be meant. `message` says what it is, without the path. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile'
  readonly path: string

  constructor(path: string, message: string) {
    super(message)
    this.path = path
  }
}

/** Undefined where there is no such file. Rejects with UnreadableFile, or with the system's own error. */
export async function readRegularFile(path: string, most: number): Promise<Buffer | undefined> {
  let file: FileHandle | undefined
  try {
    // A pipe without a writer would keep a blocking open waiting for ever.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const found = await file.stat()
    if (!found.isFile()) throw new UnreadableFile(path, 'is not a regular file')
    if (found.size > most) throw new UnreadableFile(path, `is larger than ${most} bytes`)
    return await readUpTo(file, found.size)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    // What opening a socket says.
    if (code === 'ENXIO') throw new UnreadableFile(path, 'is not a regular file')
    throw error
  } finally {
    await file?.close()
  }
}

/** Exactly the size that was seen: a file that grows meanwhile gives its beginning. */
async function readUpTo(file: FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.alloc(size)
  let length = 0
  while (length < size) {
    const { bytesRead } = await file.read(bytes, length, size - length, length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return bytes.subarray(0, length)
}
