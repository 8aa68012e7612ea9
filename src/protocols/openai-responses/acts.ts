// What of a request would make the provider act or remember, besides answering: each is an access of its own.
import type { Act, ActAction } from '#access/protocol.ts'
import { type JsonNode, member, textOf } from '#lib/json-node.ts'
import { isTrue, itemsOf, type Part, textIn } from '#protocols/openai-chat/fields.ts'
import { actsOfObscure, OF_PART, OF_TOOL } from '#protocols/obscure-acts.ts'
import { refersElsewhere } from '#protocols/schema-references.ts'
import type { Obscure } from '#protocols/shape.ts'
import { isCarried } from './carried.ts'
import { isReference } from './item-shape.ts'
import { actsOfMedia, isDataUrl } from './media.ts'
import { itemsIn, partsIn, schemasIn, toolsIn } from './parts-of-request.ts'
import { actsOfChoice, actsOfTool } from './tool-acts.ts'

/** `obscure` is what nobody here knows in full: it could name a URL, a file, or what the provider holds. */
export function actsOf(request: JsonNode, obscure: readonly Obscure[]): readonly Act[] {
  return [
    ...itemsIn(request).flatMap(actsOfItem),
    ...partsIn(request).flatMap(actsOfPart),
    ...toolsIn(request).flatMap(actsOfTool),
    ...actsOfChoice(member(request, 'tool_choice')),
    ...obscure.flatMap((each) => actsOfObscure(each, actionsOf(each.at))),
    ...schemasIn(request).flatMap(({ at, node }): readonly Act[] =>
      refersElsewhere(node) ? [{ action: 'fetch-url', field: at }] : [],
    ),
    ...actsOfState(request),
    ...actsOfCache(request),
  ]
}

/** OpenAI keeps every response for 30 days that it is not told to forget. */
export function storing(request: JsonNode): readonly Act[] {
  const store = member(request, 'store')
  if (store && store.kind !== 'null') return isTrue(store) ? [{ action: 'store', field: 'store' }] : []
  return [{ action: 'store', field: 'store', unasked: true }]
}

function actsOfItem({ at, node }: Part): readonly Act[] {
  const stored = (name: string): readonly Act[] => {
    const id = textIn(node, name)
    return id === undefined ? [] : [{ action: 'use-stored', field: `${at}.${name}`, id }]
  }
  const lost = isReference(node) || !isCarried(node) ? stored('id') : []
  return [...lost, ...actsOfType({ at, node }, stored)]
}

function actsOfType({ at, node }: Part, stored: (name: string) => readonly Act[]): readonly Act[] {
  switch (textIn(node, 'type')) {
    case 'mcp_approval_response':
      return stored('approval_request_id')
    case 'code_interpreter_call':
      return [...inContainer(`${at}.container_id`, node), ...itemsOf(member(node, 'outputs')).flatMap(shownAt(at))]
    case 'shell_call':
      return inContainer(`${at}.environment.container_id`, member(node, 'environment'))
    // A program goes on where it was interrupted.
    case 'program':
      return [{ action: 'run-code', field: `${at}.type` }]
    default:
      return []
  }
}

function inContainer(field: string, holder: JsonNode | undefined): readonly Act[] {
  const id = textIn(holder, 'container_id')
  return id === undefined ? [] : [{ action: 'run-code', field, id }]
}

const shownAt =
  (at: string) =>
  (output: JsonNode, index: number): readonly Act[] => {
    const url = textIn(output, 'url')
    return url === undefined || isDataUrl(url) ? [] : [{ action: 'fetch-url', field: `${at}.outputs[${index}].url` }]
  }

function actsOfPart({ at, node }: Part): readonly Act[] {
  const acts = actsOfMedia(at, node)
  const kept = member(node, 'prompt_cache_breakpoint')
  return isKeptLong(kept) ? [...acts, { action: 'store', field: `${at}.prompt_cache_breakpoint.ttl` }] : acts
}

function actionsOf(at: string): readonly ActAction[] {
  // Of a stored prompt's variables people choose the names, whatever these look like.
  if (at.startsWith('prompt.')) return OF_PART
  if (/(^|\.)tools\[\d+\]$|^tool_choice$/.test(at)) return OF_TOOL
  return /^input\[\d+\]$/.test(at) ? OF_ITEM : OF_PART
}

const OF_ITEM: readonly ActAction[] = [...OF_PART, 'use-stored']

function actsOfState(request: JsonNode): readonly Act[] {
  const acts: Act[] = []
  const add = (action: Act['action'], field: string, id: string | undefined): void => {
    if (id !== undefined) acts.push({ action, field, id })
  }
  add('use-stored', 'previous_response_id', textIn(request, 'previous_response_id'))
  const conversation = member(request, 'conversation')
  if (conversation?.kind === 'string') add('use-stored', 'conversation', textOf(conversation))
  else add('use-stored', 'conversation.id', textIn(conversation, 'id'))
  add('use-prompt', 'prompt.id', textIn(member(request, 'prompt'), 'id'))
  if (isTrue(member(request, 'background'))) acts.push({ action: 'background', field: 'background' })
  return acts
}

// What every caching provider does for a while; longer is keeping.
const USUAL_CACHE = '30m'

function isKeptLong(cache: JsonNode | undefined): boolean {
  const ttl = textIn(cache, 'ttl')
  return ttl !== undefined && ttl !== USUAL_CACHE
}

function actsOfCache(request: JsonNode): readonly Act[] {
  const acts: Act[] = []
  const retention = textIn(request, 'prompt_cache_retention')
  if (retention !== undefined && retention !== 'in_memory') {
    acts.push({ action: 'store', field: 'prompt_cache_retention' })
  }
  const options = member(request, 'prompt_cache_options')
  if (isKeptLong(options)) acts.push({ action: 'store', field: 'prompt_cache_options.ttl' })
  const compared = textIn(options, 'comparison_response_id')
  if (compared !== undefined) {
    acts.push({ action: 'use-stored', field: 'prompt_cache_options.comparison_response_id', id: compared })
  }
  return acts
}
