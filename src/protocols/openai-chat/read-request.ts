// What a chat completions request says: its model, its parameters as policy sees them, and what would make the provider act.
import type { Act, Reading } from '#access/protocol.ts'
import type { RecordValue, Value } from '#access/value.ts'
import { type JsonNode, type JsonObject, member, textOf } from '#lib/json-node.ts'
import { type Edit, splice } from '#lib/splice.ts'
import { jsonBody } from '#protocols/json-body.ts'
import type { Notes } from '#protocols/shape.ts'
import { chatRequest } from './request-shape.ts'

export function readRequest(body: Uint8Array, depth = 128): Reading {
  const root = jsonBody(body, depth)
  const notes: Notes = { unknown: [] }
  chatRequest(root, '', notes)
  const request = root as JsonObject
  const model = member(request, 'model')
  const messages = itemsOf(member(request, 'messages'))

  return {
    model: textIn(request, 'model') ?? '',
    streaming: isTrue(member(request, 'stream')),
    parameters: parametersOf(request),
    inputTokens: Math.ceil(promptBytes(request) / 4) + FLAT_PART_TOKENS * flatParts(messages),
    metadata: metadataOf(request),
    acts: [...messages.flatMap(actsOfMessage), ...actsOfBody(request)],
    unknown: notes.unknown,
    compose: (name) => splice(body, model ? [{ start: model.start, end: model.end, with: jsonBytes(name) }] : []),
  }
}

const encoder = new TextEncoder()

export const jsonBytes = (value: string): Edit['with'] => encoder.encode(JSON.stringify(value))

// About what providers bill for one image of ordinary size; the estimate need not be better than that.
const FLAT_PART_TOKENS = 1_000

const isTrue = (node: JsonNode | undefined): boolean => node?.kind === 'boolean' && node.value
const itemsOf = (node: JsonNode | undefined): readonly JsonNode[] => (node?.kind === 'array' ? node.items : [])

function textIn(node: JsonNode | undefined, key: string): string | undefined {
  const value = member(node, key)
  return value?.kind === 'string' ? textOf(value) : undefined
}

function numberIn(node: JsonObject, key: string): number | undefined {
  const value = member(node, key)
  return value?.kind === 'number' ? Number(textOf(value)) : undefined
}

function parametersOf(request: JsonObject): RecordValue {
  const parameters: Record<string, Value> = { tools: BigInt(itemsOf(member(request, 'tools')).length) }
  const long = (name: string, value: number | undefined): void => {
    if (value !== undefined) parameters[name] = BigInt(value)
  }
  const decimal = (name: string, value: number | undefined): void => {
    if (value !== undefined) parameters[name] = { extension: { fn: 'decimal', arg: value.toFixed(4) } }
  }
  // Where both are given, policy sees the larger: that is what the caller could get.
  const caps = [numberIn(request, 'max_completion_tokens'), numberIn(request, 'max_tokens')]
  const given = caps.filter((cap) => cap !== undefined)
  if (given.length > 0) long('max_output_tokens', Math.max(...given))
  long('n', numberIn(request, 'n'))
  decimal('temperature', numberIn(request, 'temperature'))
  decimal('top_p', numberIn(request, 'top_p'))
  const effort = textIn(request, 'reasoning_effort')
  if (effort !== undefined) parameters['reasoning_effort'] = effort
  const format = textIn(member(request, 'response_format'), 'type')
  if (format !== undefined) parameters['response_format'] = format
  parameters['logprobs'] = isTrue(member(request, 'logprobs'))
  return parameters
}

function metadataOf(request: JsonObject): ReadonlyMap<string, string> {
  const metadata = member(request, 'metadata')
  const entries = metadata?.kind === 'object' ? metadata.members : []
  return new Map(entries.flatMap(({ key, value }) => (value.kind === 'string' ? [[key, textOf(value)] as const] : [])))
}

const partsOf = (message: JsonNode): readonly JsonNode[] => itemsOf(member(message, 'content'))

const flatParts = (messages: readonly JsonNode[]): number =>
  messages.flatMap(partsOf).filter((part) => !TEXT_PARTS.has(textIn(part, 'type') ?? '')).length

const TEXT_PARTS = new Set(['text', 'refusal'])

/** Bytes of everything the model would read as text, escapes included: messages without flat parts, and tools. */
function promptBytes(request: JsonObject): number {
  let bytes = 0
  for (const key of ['messages', 'tools', 'functions', 'response_format']) {
    const node = member(request, key)
    if (node) bytes += node.end - node.start
  }
  for (const part of itemsOf(member(request, 'messages')).flatMap(partsOf)) {
    if (!TEXT_PARTS.has(textIn(part, 'type') ?? '')) bytes -= part.end - part.start
  }
  return bytes
}

// Only bytes that the body itself carries are nobody's act: every other URL is one that the provider would fetch.
const isInline = (url: string): boolean => /^data:/i.test(url)

function actsOfMessage(message: JsonNode, index: number): readonly Act[] {
  if (message.kind !== 'object') return []
  const at = `messages[${index}]`
  const acts = partsOf(message).flatMap((part, place) => actsOfPart(part, `${at}.content[${place}]`))
  // An earlier answer's audio, kept by the provider.
  return member(message, 'audio')?.kind === 'object' ? [...acts, { action: 'use-file', field: `${at}.audio.id` }] : acts
}

function actsOfPart(part: JsonNode, at: string): readonly Act[] {
  const url = textIn(member(part, 'image_url'), 'url')
  if (url !== undefined && !isInline(url)) return [{ action: 'fetch-url', field: `${at}.image_url.url` }]
  if (textIn(member(part, 'file'), 'file_id') !== undefined)
    return [{ action: 'use-file', field: `${at}.file.file_id` }]
  return []
}

function actsOfBody(request: JsonObject): readonly Act[] {
  const acts: Act[] = []
  if (isTrue(member(request, 'store'))) acts.push({ action: 'store', field: 'store' })
  const search = member(request, 'web_search_options')
  if (search && search.kind !== 'null') acts.push({ action: 'web-search', field: 'web_search_options' })
  return acts
}
