// A caller with a bare socket, for what no HTTP client would send.
import { connect, type Socket } from 'node:net'

export interface RawAnswer {
  /** 0 where the connection ended without one. */
  readonly status: number
  readonly response: Response
  /** The whole text, as it came. */
  readonly text: string
}

export interface Head {
  readonly method?: string
  readonly path?: string
  readonly version?: string
  /** Whole lines, such as `X-A: b`; they come behind Host. */
  readonly lines?: readonly string[]
  readonly host?: string | null
}

/** A request's head, its blank line included. */
export function head({ method = 'POST', path = '/v1/chat/completions', lines = [], ...more }: Head): string {
  const host = more.host === null ? [] : [`Host: ${more.host ?? 'gate.example'}`]
  return [`${method} ${path} HTTP/${more.version ?? '1.1'}`, ...host, ...lines, '', ''].join('\r\n')
}

export function dial(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => resolve(socket))
    socket.on('error', reject)
  })
}

/** Sends text or bytes, and hears the one answer to it: until that is whole, or the connection is closed. */
export async function callRaw(url: string, sent: string | Uint8Array): Promise<RawAnswer> {
  const socket = await dial(url)
  socket.write(sent)
  return answerOn(socket)
}

export function answerOn(socket: Socket): Promise<RawAnswer> {
  return new Promise((resolve) => {
    let text = ''
    const finish = (): void => {
      socket.destroy()
      resolve(parse(text))
    }
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      if (isWhole(text)) finish()
    })
    socket.on('error', finish)
    socket.on('close', finish)
  })
}

function isWhole(text: string): boolean {
  const start = text.indexOf('\r\n\r\n') + 4
  if (start === 3) return false
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(text.slice(0, start))?.[1]
  if (length !== undefined) return text.length - start >= Number(length)
  return /\r\ntransfer-encoding: chunked\r\n/i.test(text.slice(0, start)) && text.endsWith('\r\n0\r\n\r\n')
}

function parse(text: string): RawAnswer {
  const [top = '', ...rest] = text.split('\r\n\r\n')
  const [first = '', ...lines] = top.split('\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0)
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()]
  })
  const response = new Response(status === 0 ? null : rest.join('\r\n\r\n'), {
    status: status === 0 ? 599 : status,
    headers,
  })
  return { status, response, text }
}
