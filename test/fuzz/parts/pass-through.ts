// The real way of an answer through the gate, from the provider's pieces to the caller's text, with an inspector that is
// plain to see through.
import type { Protocol } from '#access/protocol.ts'
import type { Provider } from '#access/provider.ts'
import { Refusal } from '#access/refusal.ts'
import type { Entry, Trail } from '#access/trail.ts'
import type { SendPermit } from '#gateway/approve.ts'
import type { DecidedTarget } from '#gateway/decide.ts'
import { editsOf } from '#gateway/examine.ts'
import type { Gate } from '#gateway/gate.ts'
import { inspectionOf } from '#gateway/inspection.ts'
import { markedSecrets } from '#gateway/inspector.fixture.ts'
import { watchStream } from '#gateway/watch-stream.ts'

export interface PassedThrough {
  /** What the caller got. */
  readonly text: string
  /** Why it never began. */
  readonly refused?: string
  readonly outcomes: readonly string[]
}

const RULES = { inspector: markedSecrets, direction: 'answer', action: 'redact' } as const

const PROVIDER: Provider = {
  name: 'p',
  kind: 'openai-compatible',
  url: 'http://127.0.0.1:1/v1',
  timeouts: { connect: 5_000, firstByte: 60_000, idle: 60_000 },
  private: true,
}

/** A stream; the caller's name of the model is `mine`. */
export async function passThrough(protocol: Protocol, pieces: readonly Uint8Array[]): Promise<PassedThrough> {
  const outcomes: string[] = []
  const trail: Trail = {
    append: async (entry: Entry) => {
      // What it took is no part of what it was.
      outcomes.push(JSON.stringify(entry, (key, value: unknown) => (key === 'us' ? 0 : value)))
      return { log: 'l', index: 0, id: 'i', hash: 'h' }
    },
  }
  const limits = { bodyIdle: 60_000, bodyTotal: 60_000, unread: 60_000 }
  const providerIds = { claim: () => undefined, find: () => undefined, forget: () => undefined }
  const gate = { trail, limits, providerIds, log: (_line: string, cause: unknown) => cause } as unknown as Gate
  const permit = {
    kind: 'send',
    exchange: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    targets: [],
    protocol,
    streaming: true,
    model: 'mine',
    rules: RULES,
    hungUp: new AbortController().signal,
    standing: { release: () => undefined },
    account: { began: 0, decided: true, attempts: [], checks: [] },
  } as unknown as SendPermit
  const from = { provider: 'p', model: 'theirs', at: PROVIDER, without: new Set() } as unknown as DecidedTarget
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) if (piece.length > 0) controller.enqueue(piece)
      controller.close()
    },
  })
  try {
    const stream = await watchStream(body, from, permit, gate)
    return { text: await new Response(stream).text(), outcomes }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { text: '', refused: error.reason, outcomes }
  }
}

/** A whole answer, redacted. */
export async function passWhole(protocol: Protocol, body: Uint8Array): Promise<string> {
  const answer = protocol.readAnswer(body, 'mine')
  const edits = await editsOf(answer.texts(), inspectionOf(RULES))
  return Buffer.from(answer.compose(edits)).toString()
}
