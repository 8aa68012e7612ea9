// For tests only: a stream whose provider, caller and trail do as they are told.
import type { Provider } from '#access/provider.ts'
import type { Entry, OutcomeEntry, Trail } from '#access/trail.ts'
import { openAiChat } from '#protocols/openai-chat/openai-chat.ts'
import type { SendPermit } from './approve.ts'
import type { DecidedTarget } from './decide.ts'
import type { Account } from './exchange.ts'
import type { Gate } from './gate.ts'
import { markedSecrets } from './inspector.fixture.ts'
import { watchStream } from './watch-stream.ts'

export const EXCHANGE = '01ARZ3NDEKTSV4RRFFQ69G5FAV'

export interface Scene {
  readonly outcomes: OutcomeEntry[]
  readonly log: string[]
  /** The provider's side of the stream. */
  readonly send: (text: string) => void
  readonly finish: () => void
  readonly break: () => void
  readonly cancelled: () => boolean
  readonly account: Account
  readonly hangUp: () => void
  /** Runs in the middle of recording. */
  onRecord: () => void | Promise<void>
  readonly watch: (timing?: { readonly idle?: number; readonly unread?: number }) => Promise<ReadableStream<Uint8Array>>
}

export function scene(): Scene {
  let provider: ReadableStreamDefaultController<Uint8Array> | undefined
  let cancelled = false
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      provider = controller
    },
    cancel() {
      cancelled = true
    },
  })
  const leaving = new AbortController()
  const made: Scene = {
    account: { began: 0, decided: true, closed: false, attempts: [], checks: [] } as unknown as Account,
    outcomes: [],
    log: [],
    send: (text) => provider?.enqueue(new TextEncoder().encode(text)),
    finish: () => provider?.close(),
    break: () => provider?.error(Object.assign(new Error('reset by peer'), { code: 'ECONNRESET' })),
    cancelled: () => cancelled,
    hangUp: () => leaving.abort(),
    onRecord: () => undefined,
    watch: ({ idle = 10_000, unread = 10_000 } = {}) => {
      const trail: Trail = {
        async append(entry: Entry) {
          await made.onRecord()
          made.outcomes.push(entry as OutcomeEntry)
          return { log: 'l', index: 0, id: 'i', hash: 'h' }
        },
      }
      const gate = {
        trail,
        limits: { bodyIdle: 1, bodyTotal: 1, unread },
        log: (line: string) => made.log.push(line),
      } as unknown as Gate
      const permit = {
        exchange: EXCHANGE,
        protocol: openAiChat,
        model: 'mine',
        hungUp: leaving.signal,
        standing: { release: () => undefined },
        rules: { inspector: markedSecrets, direction: 'answer', action: 'redact' },
        account: made.account,
      } as unknown as SendPermit
      const at: Provider = {
        name: 'p',
        kind: 'openai-compatible',
        url: 'http://127.0.0.1:1',
        timeouts: { connect: 5_000, firstByte: idle, idle },
        private: true,
      }
      const from = { provider: 'p', model: 'theirs', at, without: new Set() } as unknown as DecidedTarget
      return watchStream(body, from, permit, gate)
    },
  }
  return made
}
