// One caller who listens to a stream that goes on, and notes how long it was kept waiting between two events.
import type { Socket } from 'bun'

const DATA = Buffer.from('data: {')
const END = Buffer.from('\r\n0\r\n\r\n')

export interface Heard {
  events: number
  /** Milliseconds between arrivals: the longest, and all. */
  longest: number
  readonly gaps: number[]
  /** It ended as streams do. */
  complete: boolean
  failure?: string
}

export interface Listener {
  readonly heard: Heard
  /** Resolves with the first event. */
  readonly begun: Promise<void>
  /** Resolves when the stream, or its connection, has ended. */
  readonly over: Promise<void>
  readonly close: () => void
}

export function listenTo(port: number, request: Buffer): Listener {
  const heard: Heard = { events: 0, longest: 0, gaps: [], complete: false }
  const begun = Promise.withResolvers<void>()
  const over = Promise.withResolvers<void>()
  let socket: Socket | undefined
  let last = 0
  let tail = Buffer.alloc(0)
  const finish = (failure?: string): void => {
    if (failure !== undefined && !heard.complete) heard.failure ??= failure
    begun.resolve()
    over.resolve()
  }
  const hear = (bytes: Buffer): void => {
    const now = performance.now()
    if (heard.events === 0 && !bytes.toString('latin1').startsWith('HTTP/1.1 200') && last === 0) {
      return finish(bytes.toString().slice(0, 300))
    }
    const events = countOf(bytes)
    if (events > 0) {
      if (heard.events > 0) {
        heard.gaps.push(now - last)
        heard.longest = Math.max(heard.longest, now - last)
      }
      heard.events += events
      begun.resolve()
    }
    if (events > 0 || last === 0) last = now
    tail = Buffer.concat([tail, bytes]).subarray(-END.length)
    if (!tail.equals(END)) return
    heard.complete = true
    finish()
    socket?.end()
  }
  Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: {
      open(opened) {
        socket = opened
        opened.write(request)
      },
      data: (_, bytes) => hear(bytes),
      close: () => finish('closed before its end'),
      error: (_, error) => finish(error.message),
    },
  }).catch((error: unknown) => finish(String(error)))
  return { heard, begun: begun.promise, over: over.promise, close: () => socket?.terminate() }
}

function countOf(bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(DATA); at >= 0; at = bytes.indexOf(DATA, at + DATA.length)) count += 1
  return count
}
