// What reading a request costs, counted in words. Whatever stands up to a `cache_control` is cached: up to the last but one it
// is read from the cache, from there to the last one it is written. That depends on the request alone, never on earlier ones.
import { words } from '#demo/pieces.ts'
import { blocksOf, type Block, type CountRequest } from './messages-request.ts'

export interface InputUsage {
  /** What was neither read from the cache nor written to it. */
  readonly input_tokens: number
  readonly cache_creation_input_tokens: number
  readonly cache_read_input_tokens: number
  readonly cache_creation: { readonly ephemeral_5m_input_tokens: number; readonly ephemeral_1h_input_tokens: number }
}

interface Segment {
  readonly words: number
  readonly ttl?: '5m' | '1h'
}

export function countInput(request: CountRequest): number {
  return sum(segmentsOf(request))
}

export function inputUsage(request: CountRequest): InputUsage {
  const segments = segmentsOf(request)
  const points = segments.flatMap(({ ttl }, index) => (ttl === undefined ? [] : [{ end: index + 1, ttl }]))
  const last = points.at(-1)
  const read = points.at(-2)?.end ?? 0
  const written = sum(segments.slice(read, last?.end ?? 0))
  return {
    input_tokens: sum(segments.slice(last?.end ?? 0)),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: sum(segments.slice(0, read)),
    cache_creation: {
      ephemeral_5m_input_tokens: last?.ttl === '5m' ? written : 0,
      ephemeral_1h_input_tokens: last?.ttl === '1h' ? written : 0,
    },
  }
}

/** In the order in which Anthropic caches: tools, system, messages. */
function segmentsOf(request: CountRequest): readonly Segment[] {
  const tools = (request.tools ?? []).map((tool) =>
    segment(JSON.stringify([tool.name, tool['description'], tool.input_schema]), tool.cache_control),
  )
  const system = blocksOf(request.system).map(ofBlock)
  const messages = request.messages.flatMap(({ content }) => blocksOf(content).map(ofBlock))
  const all = [...tools, ...system, ...messages]
  const { cache_control } = request
  // Of the whole request: a breakpoint at its end.
  return cache_control ? [...all, { words: 0, ttl: cache_control.ttl ?? '5m' }] : all
}

function ofBlock(block: Block): Segment {
  const nested =
    block.text ??
    blocksOf(block.content)
      .map((each) => each.text ?? '')
      .join(' ')
  return segment(nested, block.cache_control)
}

function segment(text: string, cache: Block['cache_control']): Segment {
  return { words: words(text).length, ...(cache && { ttl: cache.ttl ?? '5m' }) }
}

function sum(segments: readonly Segment[]): number {
  return segments.reduce((total, each) => total + each.words, 0)
}
