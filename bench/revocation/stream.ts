// One open stream: when it began, and when it was cut because its session had ended.
import type { Socket } from 'bun'

const DATA = Buffer.from('data: {')
const CUT = Buffer.from('session_ended')
/** A word may arrive in two parts. */
const KEPT = 64

export interface CutStream {
  /** Resolves with the first event; rejects where there is none. */
  readonly begun: Promise<void>
  /** Resolves to when it was cut, in milliseconds since the epoch; to undefined where it ended in another way. */
  readonly cut: Promise<number | undefined>
  readonly close: () => void
}

export function openStream(port: number, request: Buffer): CutStream {
  const begun = Promise.withResolvers<void>()
  const cut = Promise.withResolvers<number | undefined>()
  begun.promise.catch(() => undefined)
  let socket: Socket | undefined
  let tail = Buffer.alloc(0)
  const lose = (why: string): void => {
    begun.reject(new Error(why))
    cut.resolve(undefined)
  }
  Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: {
      open(opened) {
        socket = opened
        opened.write(request)
      },
      data(heard, bytes) {
        const at = Date.now()
        const text = Buffer.concat([tail, bytes])
        if (text.includes(CUT)) {
          cut.resolve(at)
          begun.reject(new Error('cut before it began'))
          heard.end()
        } else if (text.includes(DATA)) begun.resolve()
        else if (!text.toString('latin1').includes('200') && tail.length === 0) lose(text.toString().slice(0, 300))
        tail = Buffer.from(text.subarray(-KEPT))
      },
      close: () => lose('closed'),
      error: (_, error) => lose(error.message),
    },
  }).catch((error: unknown) => lose(String(error)))
  return { begun: begun.promise, cut: cut.promise, close: () => socket?.terminate() }
}
