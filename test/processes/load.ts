// Callers of a gate that may be gone at any moment: plain requests, streams, denials and tier 3, each with a mark of its own,
// and what each caller got.
import { createHash } from 'node:crypto'
import type { DemoIssuer } from '#demo/issuer.ts'

export interface Got {
  readonly mark: string
  readonly kind: Kind
  /** SHA-256 of the body that was sent, hex. */
  readonly sent: string
  /** Of the exchange, where an answer came. */
  readonly exchange?: string
  readonly status?: number
  /** The answer came to its own end. */
  readonly whole: boolean
}

const KINDS = {
  plain: { person: 'alice', model: 'clinic-small', stream: false },
  stream: { person: 'alice', model: 'clinic-large', stream: true },
  denied: { person: 'bob', model: 'clinic-large', stream: false },
  'tier 3': { person: 'alice', model: 'clinic-records', stream: false },
  'stream in tier 3': { person: 'alice', model: 'clinic-records', stream: true },
} as const

export type Kind = keyof typeof KINDS
export const ALL_KINDS = Object.keys(KINDS) as readonly Kind[]

export interface Load {
  readonly got: readonly Got[]
  /** Begins no new requests; resolves when those under way have ended. */
  stop(): Promise<void>
}

export interface LoadOptions {
  readonly url: string
  readonly issuer: DemoIssuer
  readonly callers: number
  readonly chance: () => number
}

export async function startLoad({ url, issuer, callers, chance }: LoadOptions): Promise<Load> {
  const tokens = { alice: await issuer.mint('alice'), bob: await issuer.mint('bob') }
  const got: Got[] = []
  const stopped = new AbortController()
  let count = 0

  async function ask(): Promise<void> {
    const kind = ALL_KINDS[Math.floor(chance() * ALL_KINDS.length)] ?? 'plain'
    const { person, model, stream } = KINDS[kind]
    const mark = `mark-${count++}-`
    const pace = stream ? 5 + Math.floor(chance() * 60) : Math.floor(chance() * 30)
    const content = `${mark} one two three four five six seven eight [[delay:${pace}]]`
    const body = JSON.stringify({ model, stream, messages: [{ role: 'user', content }] })
    const asked = { mark, kind, sent: createHash('sha256').update(body).digest('hex') }
    let answer: Response
    try {
      answer = await fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        keepalive: false,
        headers: {
          authorization: `Bearer ${tokens[person]}`,
          'content-type': 'application/json',
          connection: 'close',
        },
        body,
        signal: AbortSignal.timeout(4_000),
      })
    } catch {
      got.push({ ...asked, whole: false })
      await Bun.sleep(100)
      return
    }
    const answered = {
      ...asked,
      status: answer.status,
      ...(answer.headers.has('x-sallyport-exchange')
        ? { exchange: answer.headers.get('x-sallyport-exchange') ?? '' }
        : {}),
    }
    try {
      const text = await answer.text()
      got.push({ ...answered, whole: stream && answer.status === 200 ? text.includes('data: [DONE]') : true })
    } catch {
      got.push({ ...answered, whole: false })
    }
  }

  const callersUnderWay = Array.from({ length: callers }, async () => {
    while (!stopped.signal.aborted) await ask()
  })
  return {
    got,
    async stop() {
      stopped.abort()
      await Promise.all(callersUnderWay)
    },
  }
}
