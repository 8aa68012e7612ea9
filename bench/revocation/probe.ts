// One connection to one worker, which the kernel chose, over which one request goes after another.
import type { Socket } from 'bun'

export interface Probed {
  readonly status: number
  /** As the answer's `x-sallyport-exchange` says it: which worker's log holds it tells which worker this is. */
  readonly exchange: string
  /** Milliseconds since the epoch. */
  readonly sent: number
  readonly answered: number
}

export interface Probe {
  ask(request: Buffer): Promise<Probed>
  close(): void
}

interface Waiting {
  readonly resolve: (found: Probed) => void
  readonly reject: (error: Error) => void
  readonly sent: number
}

export async function openProbe(port: number): Promise<Probe> {
  let heard = Buffer.alloc(0)
  let waiting: Waiting | undefined
  let last: Promise<unknown> = Promise.resolve()
  const look = (): void => {
    const end = heard.indexOf('\r\n\r\n')
    if (end < 0 || !waiting) return
    const head = heard.subarray(0, end).toString('latin1')
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0)
    if (heard.length < end + 4 + length) return
    heard = Buffer.from(heard.subarray(end + 4 + length))
    const { resolve, sent } = waiting
    waiting = undefined
    resolve({
      status: Number(head.split(' ', 2)[1]),
      exchange: /^x-sallyport-exchange: (\S+)/im.exec(head)?.[1] ?? '',
      sent,
      answered: Date.now(),
    })
  }
  const socket: Socket = await Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: {
      data(_, bytes) {
        heard = Buffer.concat([heard, bytes])
        look()
      },
      close: () => waiting?.reject(new Error('the connection of a probe was closed')),
    },
  })
  const once = (request: Buffer): Promise<Probed> =>
    new Promise((resolve, reject) => {
      waiting = { resolve, reject, sent: Date.now() }
      socket.write(request)
    })
  return {
    ask(request) {
      const next = last.then(() => once(request))
      last = next.catch(() => undefined)
      return next
    },
    close: () => socket.terminate(),
  }
}
