// Reads a stream whole, within bounds of size and time. Whatever goes wrong, the stream is cancelled and nothing is kept.
import { watchdog } from './watchdog.ts'

export interface CollectBounds {
  readonly bytes: number
  /** Milliseconds without a chunk, and in all. */
  readonly idle: number
  readonly total?: number
}

export class CollectError extends Error {
  override readonly name = 'CollectError'
  readonly reason: 'too-large' | 'too-slow' | 'broken'

  constructor(reason: CollectError['reason'], cause?: unknown) {
    super(`the stream is ${reason}`, { cause })
    this.reason = reason
  }
}

/** Rejects with a CollectError. */
export async function collect(stream: ReadableStream<Uint8Array>, bounds: CollectBounds): Promise<Uint8Array> {
  const reader = stream.getReader()
  let late = false
  const expire = (): void => {
    late = true
    void reader.cancel().catch(() => undefined)
  }
  const idle = watchdog(bounds.idle, expire)
  const total = bounds.total === undefined ? undefined : setTimeout(expire, bounds.total)
  try {
    const whole = await readAll(reader, bounds.bytes, () => idle.touch())
    // A cancelled reader ends like a finished one: without this, half a body would pass for a whole one.
    if (late) throw new CollectError('too-slow')
    return whole
  } catch (error) {
    void reader.cancel().catch(() => undefined)
    if (late) throw new CollectError('too-slow', error)
    throw error instanceof CollectError ? error : new CollectError('broken', error)
  } finally {
    idle.stop()
    clearTimeout(total)
  }
}

async function readAll(
  reader: { read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }> },
  most: number,
  alive: () => void,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done || !value) return chunks.length === 1 && chunks[0] ? chunks[0] : joined(chunks, size)
    alive()
    size += value.length
    if (size > most) throw new CollectError('too-large')
    chunks.push(value)
  }
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
