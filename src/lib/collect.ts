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
  const pieces = packer()
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done || !value) return pieces.joined(size)
    alive()
    size += value.length
    if (size > most) throw new CollectError('too-large')
    pieces.add(value)
  }
}

const SMALL = 4 * 1024
const PACK = 64 * 1024

/** Keeps chunks; small ones are copied together, for whoever sends a byte at a time would have us hold a view for each. */
function packer(): { add(chunk: Uint8Array): void; joined(size: number): Uint8Array } {
  const chunks: Uint8Array[] = []
  let pack: Uint8Array | undefined
  let used = 0
  const flush = (): void => {
    if (pack && used > 0) chunks.push(pack.slice(0, used))
    used = 0
  }
  return {
    add(chunk) {
      // The first one is most often the only one, and is handed on as it came.
      if (chunks.length === 0 || chunk.length >= SMALL) {
        flush()
        chunks.push(chunk)
        return
      }
      pack ??= new Uint8Array(PACK)
      if (used + chunk.length > PACK) flush()
      pack.set(chunk, used)
      used += chunk.length
    },
    joined(size) {
      flush()
      const [only] = chunks
      if (chunks.length === 1 && only) return only
      const whole = new Uint8Array(size)
      let at = 0
      for (const chunk of chunks) {
        whole.set(chunk, at)
        at += chunk.length
      }
      return whole
    },
  }
}
