// The way out by itself, as a worker has it, with a resolver and a clock that the test holds.
import type { CredentialReference, Provider } from '#access/provider.ts'
import { Refusal } from '#access/refusal.ts'
import type { Resolve } from './addresses.ts'
import { makeDialer } from './dial.ts'
import { httpUpstream } from './http.ts'
import type { Upstream, UpstreamAnswer, UpstreamCall } from './upstream.ts'

export interface Outgoing {
  readonly upstream: Upstream
  /** Lines of the operator's log. */
  readonly log: readonly string[]
  wait(ms: number): void
  ask(provider: Provider, more?: Partial<UpstreamCall>): Promise<UpstreamAnswer>
  /** The reason of the refusal; the status, where there was an answer. */
  outcome(provider: Provider, more?: Partial<UpstreamCall>): Promise<string | number>
}

export interface OutgoingOptions {
  readonly resolve?: Resolve
  /** What a reference holds at its first, second… reading; the last goes on. */
  readonly secrets?: readonly string[]
}

const unknown: Resolve = () => Promise.reject(new Error('ENOTFOUND'))

export function outgoing({ resolve = unknown, secrets = [] }: OutgoingOptions = {}): Outgoing {
  let now = 1_000_000
  let readings = 0
  const log: string[] = []
  const next = async (_reference: CredentialReference): Promise<string> => {
    const secret = secrets[Math.min(readings, secrets.length - 1)]
    if (secret === undefined) throw new Refusal('provider_unreachable', { message: 'No secret.' })
    return secret
  }
  const upstream = httpUpstream({
    credentials: {
      read: next,
      refresh(reference) {
        readings += 1
        return next(reference)
      },
    },
    dialer: makeDialer({ resolve, now: () => now }),
    log: (line) => void log.push(line),
    now: () => now,
  })
  const ask: Outgoing['ask'] = (provider, more) => upstream.send(callTo(provider, more))
  return {
    upstream,
    log,
    wait: (ms) => void (now += ms),
    ask,
    outcome: (provider, more) =>
      outcomeOf(async () => {
        const answer = await ask(provider, more)
        await new Response(answer.body).bytes()
        return answer.status
      }),
  }
}

/** The reason of the refusal, where it ends in one. */
export async function outcomeOf<T>(work: () => Promise<T>): Promise<T | string> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal) return error.reason
    throw error
  }
}

export const callTo = (provider: Provider, more: Partial<UpstreamCall> = {}): UpstreamCall => ({
  provider,
  method: 'POST',
  headers: {},
  path: '/chat/completions',
  body: new TextEncoder().encode('{"a":"ä"}'),
  streaming: false,
  firstByteCounts: false,
  signal: new AbortController().signal,
  ...more,
})

export const providerAt = (url: string, more: Partial<Provider> = {}): Provider => ({
  name: 'harbor',
  kind: 'openai-compatible',
  url,
  timeouts: { connect: 5_000, firstByte: 10_000, idle: 10_000 },
  private: true,
  ...more,
})

export async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000 && !holds(); turn++) await Bun.sleep(5)
  if (!holds()) throw new Error('it never held')
}
