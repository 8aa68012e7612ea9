// What of a chat completions request would make the provider act or remember: each is an access of its own.
import type { Act } from '#access/protocol.ts'
import { type JsonNode, member, textOf } from '#lib/json-node.ts'
import { actsOfObscure, OF_PART, OF_TOOL } from '#protocols/obscure-acts.ts'
import { refersElsewhere } from '#protocols/schema-references.ts'
import type { Obscure } from '#protocols/shape.ts'
import { isTrue, itemsOf, type Part, partsIn, textIn } from './fields.ts'
import { mediaOf } from './media.ts'

/** `obscure` is what nobody here knows in full. */
export function actsOf(request: JsonNode, obscure: readonly Obscure[]): readonly Act[] {
  const acts: Act[] = []
  const add = (more: readonly Act[]): void => {
    for (const act of more) acts.push(act)
  }
  itemsOf(member(request, 'messages')).forEach((message, index) => add(actsOfMessage(message, index)))
  for (const part of partsIn(request)) add(actsOfPart(part))
  for (const each of obscure) add(actsOfObscure(each, isTool(each.at) ? OF_TOOL : OF_PART))
  itemsOf(member(request, 'tools')).forEach((tool, index) => add(actsOfTool(tool, index)))
  for (const schema of schemasOf(request)) add(actsOfSchema(schema))
  add(actsOfBody(request))
  return acts
}

/** Functions whose names begin so are the provider's own, with some providers. */
function actsOfTool(tool: JsonNode, index: number): readonly Act[] {
  const isBuiltIn = textIn(member(tool, 'function'), 'name')?.startsWith('$') === true
  return isBuiltIn ? [{ action: 'use-hosted-tool', field: `tools[${index}].function.name` }] : []
}

const isTool = (at: string): boolean => /^(?:tools|functions)\[|^(?:tool_choice|function_call)/.test(at)

/** An earlier answer's audio is kept by the provider. */
const actsOfMessage = (message: JsonNode, index: number): readonly Act[] => {
  const id = textIn(member(message, 'audio'), 'id')
  return id === undefined ? [] : [{ action: 'use-file', field: `messages[${index}].audio.id`, id }]
}

function actsOfPart({ at, node }: Part): readonly Act[] {
  const acts = mediaOf(node).flatMap(({ act, holder, name, node: value }): readonly Act[] =>
    act
      ? [{ action: act, field: `${at}.${holder}.${name}`, ...(act === 'use-file' ? { id: textOf(value) } : {}) }]
      : [],
  )
  const kept = member(node, 'prompt_cache_breakpoint')
  return isKeptLong(kept) ? [...acts, { action: 'store', field: `${at}.prompt_cache_breakpoint.ttl` }] : acts
}

// What every caching provider does for a while; longer is keeping.
const USUAL_CACHE = '30m'

function isKeptLong(cache: JsonNode | undefined): boolean {
  const ttl = textIn(cache, 'ttl')
  return ttl !== undefined && ttl !== USUAL_CACHE
}

function schemasOf(request: JsonNode): readonly Part[] {
  const all: Part[] = []
  const add = (at: string, node: JsonNode | undefined): void => {
    if (node) all.push({ at, node })
  }
  itemsOf(member(request, 'tools')).forEach((tool, index) =>
    add(`tools[${index}].function.parameters`, member(member(tool, 'function'), 'parameters')),
  )
  itemsOf(member(request, 'functions')).forEach((declared, index) =>
    add(`functions[${index}].parameters`, member(declared, 'parameters')),
  )
  const format = member(member(request, 'response_format'), 'json_schema')
  add('response_format.json_schema.schema', member(format, 'schema'))
  return all
}

const actsOfSchema = ({ at, node }: Part): readonly Act[] =>
  refersElsewhere(node) ? [{ action: 'fetch-url', field: at }] : []

function actsOfBody(request: JsonNode): readonly Act[] {
  const acts: Act[] = []
  if (isTrue(member(request, 'store'))) acts.push({ action: 'store', field: 'store' })
  // What is said aloud is kept by its id until a time that the answer names. Any case: some parsers ignore it.
  const spoken = itemsOf(member(request, 'modalities')).some(
    (each) => each.kind === 'string' && textOf(each).toLowerCase() === 'audio',
  )
  if (spoken) acts.push({ action: 'store', field: 'modalities' })
  const retention = textIn(request, 'prompt_cache_retention')
  if (retention !== undefined && retention !== 'in_memory') {
    acts.push({ action: 'store', field: 'prompt_cache_retention' })
  }
  if (isKeptLong(member(request, 'prompt_cache_options'))) {
    acts.push({ action: 'store', field: 'prompt_cache_options.ttl' })
  }
  // A voice by its id is one that the provider was given before.
  const voice = textIn(member(member(request, 'audio'), 'voice'), 'id')
  if (voice !== undefined) acts.push({ action: 'use-file', field: 'audio.voice', id: voice })
  const search = member(request, 'web_search_options')
  if (search && search.kind !== 'null') acts.push({ action: 'web-search', field: 'web_search_options' })
  return acts
}
