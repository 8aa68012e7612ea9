// Anthropic's official client, unmodified, and what several cases need of it.
import assert from 'node:assert/strict'
import Anthropic, { type ClientOptions } from '@anthropic-ai/sdk'
import type { Side } from '../suite.ts'

/** What the demo world calls its model that speaks this protocol. */
export const MODEL = 'claude-clinic'

export const asked = { model: MODEL, max_tokens: 4096 } as const

/** The client puts `/v1` there itself. */
export const originOf = (side: Side): string => side.baseURL.replace(/\/v1$/, '')

/** The same routes at the gate's other address for them; a provider has but one. */
export const underAnthropic = (side: Side): Side =>
  side.name === 'gate' ? { ...side, baseURL: side.baseURL.replace(/\/v1$/, '/anthropic/v1') } : side

/** A client as that side's caller; it does not retry, so that a failure is seen where it happens. */
export function clientOf(side: Side, more: ClientOptions = {}): Anthropic {
  return new Anthropic({
    baseURL: originOf(side),
    apiKey: side.credential,
    maxRetries: 0,
    logLevel: 'off',
    ...more,
  })
}

/** The caller whom policy permits every act. */
export const permitted = (side: Side): Side => ({ ...side, credential: side.permitted ?? side.credential })

export function user(content: Anthropic.UserMessageParam['content']): Anthropic.UserMessageParam {
  return { role: 'user', content }
}

export type Question = Partial<Omit<Anthropic.MessageCreateParamsNonStreaming, 'stream'>>

/** A question whole and streamed, which must come to the same: the answer, without what differs by nature. */
export async function bothWays(side: Side, content: Anthropic.UserMessageParam['content'], more: Question = {}) {
  const client = clientOf(side)
  const request = { ...asked, messages: [user(content)], ...more }
  const whole = await client.messages.create(request)
  const streamed = await client.messages.stream(request).finalMessage()
  assert.deepEqual(plain(streamed), plain(whole))
  return whole
}

/** What differs from one call to the next by nature: the demo's ids count its calls. */
export function plain(value: unknown): unknown {
  const json = JSON.stringify(value) as string | undefined
  if (json === undefined) return undefined
  return withoutParsed(JSON.parse(json.replaceAll(/_demo_?\d+/g, '_demo')))
}

/** The stream helper adds what it parsed. */
function withoutParsed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutParsed)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([key, each]) => !(key === 'parsed_output' && each === null))
  return Object.fromEntries(kept.map(([key, each]) => [key, withoutParsed(each)]))
}

export function textOf({ content }: { readonly content: readonly { readonly type: string }[] }): string {
  return content.map((block) => ('text' in block && typeof block.text === 'string' ? block.text : '')).join('')
}
