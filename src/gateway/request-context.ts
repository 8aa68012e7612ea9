// What policy may know of a request besides who asks what: time, source, parameters, and the caller's own word, marked as such.
import type { Principal } from '#access/principal.ts'
import type { Reading } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import type { Target } from '#access/target.ts'
import type { InferContext } from '#policy/schema.ts'
import { openAiChat } from '#protocols/openai-chat/openai-chat.ts'
import type { Exchange } from './exchange.ts'

/** What a request for the list of models, which has no body, says of itself. */
export const NO_READING: Omit<Reading, 'model' | 'compose'> = {
  streaming: false,
  parameters: { tools: 0n, logprobs: false },
  inputTokens: 0,
  metadata: new Map(),
  acts: [],
  unknown: [],
}

export function contextOf(
  exchange: Exchange,
  principal: Principal,
  reading: Omit<Reading, 'compose'>,
  target: Target,
): InferContext {
  return {
    now: { extension: { fn: 'datetime', arg: new Date(exchange.now).toISOString() } },
    source: { extension: { fn: 'ip', arg: exchange.source } },
    protocol: exchange.route.kind === 'send' ? exchange.route.protocol.name : openAiChat.name,
    model: reading.model,
    identity: {
      record: {
        issuer: principal.proof.issuer,
        method: principal.proof.method,
        age_seconds: BigInt(Math.max(0, Math.floor(exchange.now / 1000) - principal.proof.issuedAt)),
      },
    },
    parameters: { record: reading.parameters },
    input_tokens: BigInt(reading.inputTokens),
    streaming: reading.streaming,
    findings: [],
    claimed: {
      record: {
        headers: { record: claimedHeaders(exchange) },
        metadata: { record: claimedMetadata(exchange, reading) },
      },
    },
    target: { record: { provider: target.provider, model: target.model } },
    link: 'origin',
    direct: true,
    approvals: [],
  }
}

const LONGEST_CLAIM = 1024

function claimedHeaders(exchange: Exchange): Record<string, string> {
  const claimed: Record<string, string> = {}
  for (const name of exchange.active.bundle.config.claimed.headers) {
    const value = exchange.request.headers.get(name)
    if (value !== null) claimed[name] = bounded(value, `the header ${name}`)
  }
  return claimed
}

function claimedMetadata(exchange: Exchange, reading: Omit<Reading, 'compose'>): Record<string, string> {
  const claimed: Record<string, string> = {}
  for (const name of exchange.active.bundle.config.claimed.metadata) {
    const value = reading.metadata.get(name)
    if (value !== undefined) claimed[name] = bounded(value, `metadata.${name}`)
  }
  return claimed
}

function bounded(value: string, name: string): string {
  if (value.length <= LONGEST_CLAIM) return value
  throw new Refusal('invalid_field', {
    message: `\`${name}\` may hold at most ${LONGEST_CLAIM} characters.`,
    field: name,
  })
}
