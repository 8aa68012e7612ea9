// What a chat completions request says: its model, and its parameters as policy sees them.
import type { Reading } from '#access/protocol.ts'
import type { RecordValue, Value } from '#access/value.ts'
import { type JsonObject, member, textOf } from '#lib/json-node.ts'
import { type Edit, splice } from '#lib/splice.ts'
import { jsonBody } from '#protocols/json-body.ts'
import type { Notes } from '#protocols/shape.ts'
import { actsOf } from './acts.ts'
import { isTrue, itemsOf, numberIn, textIn } from './fields.ts'
import { inputTokensOf } from './input-tokens.ts'
import { chatRequest } from './request-shape.ts'

export function readRequest(body: Uint8Array, depth = 128): Reading {
  const root = jsonBody(body, depth)
  const notes: Notes = { unknown: [], obscure: [] }
  chatRequest(root, '', notes)
  const request = root as JsonObject
  const model = member(request, 'model')

  return {
    model: textIn(request, 'model') ?? '',
    streaming: isTrue(member(request, 'stream')),
    parameters: parametersOf(request),
    inputTokens: inputTokensOf(request),
    metadata: metadataOf(request),
    acts: actsOf(request, notes.obscure),
    unknown: notes.unknown,
    compose: (name) => splice(body, model ? [{ start: model.start, end: model.end, with: jsonBytes(name) }] : []),
  }
}

const encoder = new TextEncoder()

export const jsonBytes = (value: string): Edit['with'] => encoder.encode(JSON.stringify(value))

function parametersOf(request: JsonObject): RecordValue {
  const tools = itemsOf(member(request, 'tools')).length + itemsOf(member(request, 'functions')).length
  const parameters: Record<string, Value> = { tools: BigInt(tools) }
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
