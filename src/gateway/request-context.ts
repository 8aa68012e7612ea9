// What policy may know of a request besides who asks what: time, source, parameters, and the caller's own word, marked as such.
import type { Principal } from '#access/principal.ts'
import type { Reading } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import type { SessionState } from '#access/session.ts'
import type { Target } from '#access/target.ts'
import type { InferContext } from '#policy/schema.ts'
import type { ModelConfig } from '#policy/bundle/config.ts'
import type { Exchange } from './exchange.ts'
import { sessionContext } from './session.ts'

/** What of a reading policy may know. */
type Facts = Pick<Reading, 'streaming' | 'parametersUnder' | 'inputTokens' | 'metadata'>

/** What a request without a body says of itself. */
export const NO_FACTS: Facts = {
  streaming: false,
  parametersUnder: () => ({ tools: 0n, logprobs: false }),
  inputTokens: 0,
  metadata: new Map(),
}

export interface AskedOf {
  readonly exchange: Exchange
  readonly principal: Principal
  readonly session?: SessionState | undefined
  readonly reading: Facts
  readonly model: ModelConfig
  readonly protocol: { readonly name: string }
}

/** `found` are inspection's facts. */
export function contextOf(asked: AskedOf, target: Target, found: readonly string[]): InferContext {
  const { exchange, principal, session, reading, model } = asked
  const context: Making<InferContext> = {
    now: { extension: { fn: 'datetime', arg: new Date(exchange.now).toISOString() } },
    source: { extension: { fn: 'ip', arg: exchange.source } },
    protocol: asked.protocol.name,
    model: model.name,
    identity: {
      record: {
        issuer: principal.proof.issuer,
        method: principal.proof.method,
        age_seconds: BigInt(Math.max(0, Math.floor(exchange.now / 1000) - principal.proof.issuedAt)),
      },
    },
    parameters: { record: reading.parametersUnder(model.limits) },
    input_tokens: BigInt(reading.inputTokens),
    streaming: reading.streaming,
    findings: found,
    claimed: claimedIn(exchange, reading),
    target: { record: { provider: target.provider, model: target.model } },
    link: 'origin',
    direct: true,
    approvals: NO_APPROVALS,
  }
  // What there is not is no member at all: policy asks whether there is one.
  if (session) context.session = sessionContext(session, exchange.now)
  if (exchange.certificate) context.certificate = { record: { ...exchange.certificate } }
  return context
}

type Making<T> = { -readonly [Name in keyof T]: T[Name] }

const NO_APPROVALS: readonly never[] = []
const NO_CLAIMS: InferContext['claimed'] = { record: { headers: { record: {} }, metadata: { record: {} } } }
const LONGEST_CLAIM = 1024

function claimedIn(exchange: Exchange, reading: Facts): InferContext['claimed'] {
  const { headers, metadata } = exchange.active.bundle.config.claimed
  if (headers.length === 0 && metadata.length === 0) return NO_CLAIMS
  return {
    record: {
      headers: { record: claimedHeaders(exchange) },
      metadata: { record: claimedMetadata(exchange, reading) },
    },
  }
}

function claimedHeaders(exchange: Exchange): Record<string, string> {
  const claimed: Record<string, string> = {}
  for (const name of exchange.active.bundle.config.claimed.headers) {
    const value = exchange.request.headers.get(name)
    if (value !== null) claimed[name] = bounded(value, `the header ${name}`)
  }
  return claimed
}

function claimedMetadata(exchange: Exchange, reading: Facts): Record<string, string> {
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
