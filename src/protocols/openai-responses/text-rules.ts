// What is known of a string by where it stands, in requests and in answers: the rest is plain text.
import { isCiphertext } from '#protocols/ciphertext.ts'
import type { TextRole } from '#access/text.ts'
import { type JsonNode, type JsonString, member, textOf } from '#lib/json-node.ts'
import type { Step } from '#lib/json-path.ts'
import { textIn } from '#protocols/openai-chat/fields.ts'
import { tokenTexts } from '#protocols/openai-logprobs.ts'
import { printPlace, type Rules } from '#protocols/texts.ts'
import { isDataUrl } from './media.ts'

/** Below these, people choose the names: a schema's properties, a tool's input, headers for an MCP server. */
const FREE: ReadonlySet<Step> = new Set([
  'arguments',
  'attributes',
  'env',
  'filters',
  'headers',
  'input_schema',
  'metadata',
  'output_schema',
  'parameters',
  'schema',
  'variables',
])

/** A token for an MCP server is a secret by the name of its own field. */
export const isFree = (steps: readonly Step[]): boolean =>
  FREE.has(steps.at(-2) ?? '') || steps.at(-1) === 'authorization'

/** Among names that people choose, none of ours means anything. */
const isAmongFree = (steps: readonly Step[]): boolean => steps.slice(0, -1).some((step) => FREE.has(step))

const CALLS: ReadonlySet<string> = new Set(['function_call', 'mcp_call', 'mcp_approval_request'])
const SEALED: ReadonlySet<string> = new Set(['reasoning', 'compaction'])

const isBase64 = (value: string): boolean => value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value)

/** Undefined where it is plain text. */
export function roleOf(steps: readonly Step[], parent: JsonNode): TextRole | undefined {
  const key = steps.at(-1)
  if (typeof key !== 'string') return undefined
  const look = ROLES.get(key)
  const node = member(parent, key)
  if (!look || node?.kind !== 'string' || isAmongFree(steps)) return undefined
  return look(parent, node)
}

type Look = (parent: JsonNode, node: JsonString) => TextRole | undefined

const isType = (parent: JsonNode, type: string): boolean => textIn(parent, 'type') === type

const dataUrl: Look = (_parent, node) => (isDataUrl(textOf(node)) ? 'media' : undefined)

const bytes: Look = (_parent, node) => (isBase64(textOf(node)) ? 'media' : undefined)

const ROLES: ReadonlyMap<string, Look> = new Map<string, Look>([
  ['arguments', (parent) => (CALLS.has(textIn(parent, 'type') ?? '') ? 'json' : undefined)],
  [
    'encrypted_content',
    (parent, node) => (SEALED.has(textIn(parent, 'type') ?? '') && isCiphertext(textOf(node)) ? 'sealed' : undefined),
  ],
  ['image_url', dataUrl],
  ['file_url', dataUrl],
  ['url', (parent, node) => (isType(parent, 'image') ? dataUrl(parent, node) : undefined)],
  ['file_data', (parent, node) => dataUrl(parent, node) ?? bytes(parent, node)],
  // Of sound, and of a skill's archive.
  ['data', (parent, node) => (isMediaHolder(parent) ? bytes(parent, node) : undefined)],
  ['result', (parent, node) => (isType(parent, 'image_generation_call') ? bytes(parent, node) : undefined)],
  ['partial_image_b64', bytes],
])

const isMediaHolder = (parent: JsonNode): boolean =>
  textIn(parent, 'format') !== undefined || textIn(parent, 'media_type') !== undefined || isType(parent, 'output_audio')

/** The official clients join every `output_text` of an answer without a word between them. */
export const SAID = 'output_text'

/** Of a content part of a message, a tool's output or a summary: it is read as one with the others of its list. */
export function groupOf(steps: readonly Step[], parent: JsonNode): string | undefined {
  if (steps.at(-1) !== 'text' || typeof steps.at(-2) !== 'number' || isAmongFree(steps)) return undefined
  const isSaid = steps[0] === 'output' && steps[2] === 'content' && steps.length === 5 && isType(parent, 'output_text')
  return isSaid ? SAID : printPlace(steps.slice(0, -2))
}

export const RULES: Rules = {
  known(steps, parent) {
    const role = roleOf(steps, parent)
    const group = groupOf(steps, parent)
    if (role === undefined && group === undefined) return undefined
    return { ...(role ? { role } : {}), ...(group === undefined ? {} : { group }) }
  },
  free: isFree,
  together: (node, steps) => (isLogprobs(node, steps) ? tokenTexts(node, { place: printPlace(steps) }) : undefined),
}

/** The tokens of an answer, one by one. */
export function isLogprobs(node: JsonNode, steps: readonly Step[]): node is Extract<JsonNode, { kind: 'array' }> {
  return node.kind === 'array' && steps.at(-1) === 'logprobs' && !isAmongFree(steps)
}
