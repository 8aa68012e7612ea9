// One request of a soak, over a connection of its own, so that descriptors come and go: sent whole, or left at some moment.
import type { Socket } from 'bun'

export type Leaving = 'stays' | 'at once' | 'at the first byte' | 'in the middle of the body'

export interface Ended {
  /** 0 where the caller left before there was one. */
  readonly status: number
  /** `x-sallyport-exchange`, as far as the caller heard of it. */
  readonly exchange: string | undefined
  /** The whole answer came. */
  readonly whole: boolean
  /** All that came. */
  readonly text: string
}

const LAST_CHUNK = '\r\n0\r\n\r\n'

export function send(port: number, request: Buffer, leaving: Leaving): Promise<Ended> {
  const over = Promise.withResolvers<Ended>()
  let heard = ''
  const finish = (socket: Socket): void => {
    socket.terminate()
    over.resolve(endedWith(heard))
  }
  const socket = {
    open(opened: Socket) {
      opened.write(leaving === 'in the middle of the body' ? request.subarray(0, -20) : request)
      if (leaving === 'at once' || leaving === 'in the middle of the body') setTimeout(() => finish(opened), 3)
    },
    data(from: Socket, bytes: Buffer) {
      heard += bytes.toString('latin1')
      if (leaving === 'at the first byte' || isWhole(heard)) finish(from)
    },
    close: (closed: Socket) => finish(closed),
    error: (failed: Socket) => finish(failed),
  }
  Bun.connect({ hostname: '127.0.0.1', port, socket }).catch((error: unknown) => over.reject(error))
  return over.promise
}

const headOf = (heard: string): string => heard.slice(0, Math.max(heard.indexOf('\r\n\r\n'), 0))

function isWhole(heard: string): boolean {
  const head = headOf(heard)
  if (head === '') return false
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  return length === undefined ? heard.endsWith(LAST_CHUNK) : heard.length >= head.length + 4 + Number(length)
}

function endedWith(heard: string): Ended {
  const head = headOf(heard)
  return {
    status: Number(head.slice(9, 12)),
    exchange: /\r\nx-sallyport-exchange: *([0-9A-Z]{26})/i.exec(head)?.[1],
    whole: isWhole(heard),
    text: heard,
  }
}
