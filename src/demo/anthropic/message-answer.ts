// A message whole and as a stream, both made of parts. An input's JSON is set in as it was written: parsing and printing it
// again would change large integers and the order of its keys.
import type { Part } from '#demo/paced-body.ts'
import type { InputUsage } from './input-usage.ts'
import { blocksOf, type Block } from './messages-request.ts'
import type { MessagePlan } from './message-plan.ts'
import type { PlannedBlock } from './planned-block.ts'

export interface Envelope {
  readonly id: string
  readonly model: string
  readonly input: InputUsage
}

export function* messageParts(envelope: Envelope, plan: MessagePlan): Generator<Part> {
  const { content: _, ...fields } = { ...messageOf(envelope, finalUsage(envelope, plan)), ...endingOf(plan) }
  yield { kind: 'lead', text: `${JSON.stringify(fields).slice(0, -1)},"content":[` }
  for (const [index, block] of plan.blocks.entries()) {
    if (index > 0) yield { kind: 'lead', text: ',' }
    yield* blockParts(block)
  }
  yield { kind: 'end', text: ']}' }
}

/** The blocks as a client sends them back. */
export function contentOf(envelope: Envelope, plan: MessagePlan): Block[] {
  const json = [...messageParts(envelope, plan)].map((part) => part.text).join('')
  return blocksOf((JSON.parse(json) as { readonly content?: unknown }).content)
}

function* blockParts(block: PlannedBlock): Generator<Part> {
  switch (block.kind) {
    case 'text': {
      const citations = block.citations.length > 0 ? `,"citations":${JSON.stringify(block.citations)}` : ''
      yield* quoted('{"type":"text"', 'text', block.pieces)
      return yield { kind: 'lead', text: `${citations}}` }
    }
    case 'thinking':
      yield* quoted('{"type":"thinking"', 'thinking', block.pieces)
      return yield { kind: 'lead', text: `,"signature":${JSON.stringify(block.signature)}}` }
    case 'compaction':
      yield* quoted('{"type":"compaction"', 'content', block.pieces)
      return yield { kind: 'lead', text: ',"encrypted_content":null}' }
    case 'call':
      yield { kind: 'lead', text: `${JSON.stringify(block.fields).slice(0, -1)},"input":` }
      for (const text of block.pieces) yield { kind: 'piece', text }
      return yield { kind: 'lead', text: '}' }
    case 'fixed':
      return yield { kind: 'lead', text: JSON.stringify(block.block) }
  }
}

function* quoted(opening: string, key: string, pieces: readonly string[]): Generator<Part> {
  yield { kind: 'lead', text: `${opening},"${key}":"` }
  for (const piece of pieces) yield { kind: 'piece', text: JSON.stringify(piece).slice(1, -1) }
  yield { kind: 'lead', text: '"' }
}

export function* eventParts(envelope: Envelope, plan: MessagePlan): Generator<Part> {
  // As it stands when nothing but the first piece is written.
  yield event('lead', { type: 'message_start', message: messageOf(envelope, { output_tokens: 1 }) })
  for (const [index, block] of plan.blocks.entries()) {
    yield event('lead', { type: 'content_block_start', index, content_block: opened(block) })
    if (index === 0) yield event('lead', { type: 'ping' })
    for (const { kind, delta } of deltas(block)) yield event(kind, { type: 'content_block_delta', index, delta })
    yield event('lead', { type: 'content_block_stop', index })
  }
  yield event('end', { type: 'message_delta', delta: endingOf(plan), usage: finalUsage(envelope, plan) })
  yield event('end', { type: 'message_stop' })
}

function event(kind: Part['kind'], content: { readonly type: string; readonly [field: string]: unknown }): Part {
  return { kind, text: `event: ${content.type}\ndata: ${JSON.stringify(content)}\n\n` }
}

function opened(block: PlannedBlock): object {
  switch (block.kind) {
    case 'text':
      return { type: 'text', text: '', ...(block.citations.length > 0 && { citations: [] }) }
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: '' }
    case 'compaction':
      return { type: 'compaction', content: null, encrypted_content: null }
    case 'call':
      return { ...block.fields, input: {} }
    case 'fixed':
      return block.block
  }
}

interface Delta {
  readonly kind: Part['kind']
  readonly delta: object
}

function deltas(block: PlannedBlock): readonly Delta[] {
  const pieces = (make: (piece: string) => object): readonly Delta[] =>
    block.kind === 'fixed' ? [] : block.pieces.map((piece): Delta => ({ kind: 'piece', delta: make(piece) }))
  switch (block.kind) {
    case 'text': {
      const cited = block.citations.map((citation): Delta => ({
        kind: 'lead',
        delta: { type: 'citations_delta', citation },
      }))
      return [...pieces((text) => ({ type: 'text_delta', text })), ...cited]
    }
    case 'thinking': {
      const signed: Delta = { kind: 'lead', delta: { type: 'signature_delta', signature: block.signature } }
      return [...pieces((thinking) => ({ type: 'thinking_delta', thinking })), signed]
    }
    case 'compaction':
      return pieces((content) => ({ type: 'compaction_delta', content, encrypted_content: null }))
    case 'call': {
      const empty: Delta = { kind: 'lead', delta: { type: 'input_json_delta', partial_json: '' } }
      return [empty, ...pieces((partial_json) => ({ type: 'input_json_delta', partial_json }))]
    }
    case 'fixed':
      return []
  }
}

function messageOf({ id, model, input }: Envelope, used: object) {
  const usage = {
    ...input,
    output_tokens_details: { thinking_tokens: 0 },
    server_tool_use: null,
    service_tier: 'standard',
    inference_geo: 'not_available',
    speed: 'standard',
    ...used,
  }
  const ends = { stop_reason: null, stop_sequence: null, stop_details: null }
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    ...ends,
    container: null,
    diagnostics: null,
    usage,
  }
}

function endingOf({ stop, sequence, refusal, hosted }: MessagePlan) {
  const details = stop === 'refusal' ? { type: 'refusal', category: null, explanation: refusal } : null
  // It would be used up by now: the demo's containers hold nothing.
  const container = { id: 'container_demo', expires_at: '2026-01-01T00:00:00Z', skills: null }
  return {
    stop_reason: stop,
    stop_sequence: sequence,
    stop_details: details,
    container: hosted.includes('code_execution') ? container : null,
  }
}

function finalUsage({ input }: Envelope, { written, thought, hosted }: MessagePlan) {
  const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens } = input
  const times = (wanted: string): number => hosted.filter((name) => name === wanted).length
  const server = { web_search_requests: times('web_search'), web_fetch_requests: times('web_fetch') }
  return {
    input_tokens,
    cache_creation_input_tokens,
    cache_read_input_tokens,
    output_tokens: written,
    output_tokens_details: { thinking_tokens: thought },
    server_tool_use: hosted.length > 0 ? server : null,
  }
}
