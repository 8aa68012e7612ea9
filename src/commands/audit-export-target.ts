// Where an export goes, at its own pace: nothing more is made while what was made is not taken.
import { open } from 'node:fs/promises'
import type { LineWriter } from './stream-lines.ts'

export interface ExportTarget {
  /** Resolves when more may come. Rejects where it cannot be written. */
  write(bytes: Buffer): Promise<void>
  /** Nobody takes any more: a pipe whose reader had enough. */
  closed(): boolean
  /** A write was rejected. */
  failed(): boolean
  /** All of it is there, and survives the machine where it can. */
  end(): Promise<void>
  close(): Promise<void>
}

export function streamTarget(stream: LineWriter): ExportTarget {
  let closed = false
  let wake = (): void => undefined
  stream.on('drain', () => wake())
  stream.on('error', () => {
    closed = true
    wake()
  })
  return {
    async write(bytes) {
      if (closed || stream.write(bytes)) return
      await new Promise<void>((resolve) => {
        wake = resolve
        // Closed between the writing and now: nothing would wake it.
        if (closed) resolve()
      })
    },
    closed: () => closed,
    failed: () => false,
    end: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
}

/** A new file that only its owner can read. Rejects where there is one of that name: an export never writes over anything. */
export async function fileTarget(path: string): Promise<ExportTarget> {
  const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw new Error(`${path} is there already, and is not written over`, { cause: error })
    throw error
  })
  let failed = false
  return {
    async write(bytes) {
      try {
        await file.appendFile(bytes)
      } catch (error) {
        failed = true
        throw error
      }
    },
    closed: () => false,
    failed: () => failed,
    end: () => file.sync(),
    close: () => file.close(),
  }
}
