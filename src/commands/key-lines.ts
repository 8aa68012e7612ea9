// The lines of a file, or of a pipe, for `sallyport key import`. Read within bounds: the size that a file is said to have is
// none of a pipe, and need not be true of a file that grows.
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { plain } from './print-problems.ts'

const MOST_BYTES = 16 * 1024 * 1024
const MOST_LINES = 10_000
const PIECE_BYTES = 1024 * 1024

/** Lines that say something, each with its number from 1. Throws an Error that says what is wrong with the file. */
export async function linesOf(path: string): Promise<readonly (readonly [number, string])[]> {
  // Without O_NOCTTY a terminal could become this process's own by being looked at.
  const file = await open(path, constants.O_RDONLY | constants.O_NOCTTY).catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
    throw new Error(plain(`${path} cannot be read${code}`), { cause })
  })
  try {
    const kind = await file.stat()
    if (!kind.isFile() && !kind.isFIFO()) throw new Error(plain(`${path} is neither a file nor a pipe`))
    const bytes = await readAtMost(file, MOST_BYTES)
    const lines = bytes?.toString('utf8').split('\n') ?? []
    const written = lines.map((line, at) => [at + 1, line] as const).filter(([, line]) => line.trim() !== '')
    if (bytes === undefined || written.length > MOST_LINES)
      throw new Error(plain(`${path} holds more than ${MOST_LINES} keys or 16 MiB: import it in parts`))
    return written
  } finally {
    await file.close()
  }
}

/** Undefined where there is more. */
async function readAtMost(file: FileHandle, most: number): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  let length = 0
  for (;;) {
    // One byte more than may be there tells whether there is more.
    const piece = Buffer.alloc(Math.min(PIECE_BYTES, most - length + 1))
    const { bytesRead } = await file.read(piece, 0, piece.length, null)
    if (bytesRead === 0) return Buffer.concat(pieces)
    length += bytesRead
    if (length > most) return undefined
    pieces.push(piece.subarray(0, bytesRead))
  }
}
