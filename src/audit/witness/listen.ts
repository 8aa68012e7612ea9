// The witness's door. Bodies are counted while they are read, and only so many requests are under way at a time.
import { collect } from '#lib/collect.ts'
import type { Answered, Asked } from './answer.ts'
import { MOST_SUBMISSION_BYTES } from './submission.ts'
import { WrongClock } from './witness.ts'

export interface WitnessDoor {
  readonly port: number
  stop(): Promise<void>
}

export interface DoorOptions {
  readonly host: string
  readonly port: number
  readonly answer: (asked: Asked) => Promise<Answered>
  /** Told of answers that failed. */
  readonly say: (line: string) => void
}

const MOST_AT_ONCE = 128
/** For the whole body, in milliseconds. */
const PATIENCE_MS = 10_000

/** Throws as a listener would (`EADDRINUSE`) when the port is taken. */
export function listenWitness({ host, port, answer, say }: DoorOptions): WitnessDoor {
  let underWay = 0
  const server = Bun.serve({
    hostname: host,
    port,
    reusePort: false,
    development: false,
    async fetch(request) {
      if (underWay >= MOST_AT_ONCE) return plain(503, 'Too many requests at once.')
      underWay += 1
      try {
        return await respond(request, answer)
      } catch (error) {
        say(`a request failed: ${error instanceof Error ? error.message : String(error)}`)
        if (error instanceof WrongClock) return plain(503, 'Nothing was signed: the clock of this witness is wrong.')
        return plain(500, 'Nothing was signed: this witness could not write it down.')
      } finally {
        underWay -= 1
      }
    },
    error: () => plain(500, 'Nothing was signed.'),
  })
  return { port: server.port ?? port, stop: () => server.stop(true) }
}

async function respond(request: Request, answer: DoorOptions['answer']): Promise<Response> {
  const [, path = ''] = /^https?:\/\/[^/]*(\/[^?#]*)/.exec(request.url) ?? []
  const declared = request.headers.get('content-length')
  if (declared !== null && !(Number(declared) <= MOST_SUBMISSION_BYTES)) return tooLarge()
  let body = Buffer.alloc(0)
  if (request.method === 'POST' && request.body) {
    const bounds = { bytes: MOST_SUBMISSION_BYTES, idle: PATIENCE_MS, total: PATIENCE_MS }
    try {
      body = Buffer.from(await collect(request.body, bounds))
    } catch {
      return tooLarge()
    }
  }
  const { status, type, body: said, allow } = await answer({ method: request.method, path, body })
  const headers = { 'content-type': type, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' }
  return new Response(said, { status, headers: allow === undefined ? headers : { ...headers, allow } })
}

// What goes on sending is not listened to.
const tooLarge = (): Response => plain(413, 'Too large, or too slow.', { connection: 'close' })

const plain = (status: number, said: string, headers: Record<string, string> = {}): Response =>
  new Response(`${said}\n`, { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers } })
