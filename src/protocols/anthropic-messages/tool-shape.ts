// The tools that a request may declare: the caller's own, those that Anthropic defines and the caller runs, and those that
// the provider runs itself. One of another type is noted, and counts as a hosted tool.
import { member, textOf } from '#lib/json-node.ts'
import {
  type Shape,
  anyObject,
  arrayOf,
  boolean,
  either,
  integer,
  mapOf,
  notServed,
  nullable,
  object,
  oneOf,
  tagged,
  text,
  unknownType,
  watched,
  within,
} from '#protocols/shape.ts'

export const cacheControl = nullable(object({ 'type!': oneOf('ephemeral'), ttl: oneOf('5m', '1h') }))
export const citationsWanted = nullable(object({ enabled: boolean }))

const texts = arrayOf(text)
const MOST = Number.MAX_SAFE_INTEGER

const declared = {
  'name!': text,
  allowed_callers: texts,
  cache_control: cacheControl,
  defer_loading: boolean,
  input_examples: arrayOf(anyObject),
  strict: boolean,
}

const custom = object({
  ...declared,
  type: nullable(oneOf('custom')),
  'input_schema!': anyObject,
  description: text,
  eager_input_streaming: nullable(boolean),
})

const typed = { ...declared, 'type!': text }

const screen = {
  ...typed,
  'display_height_px!': integer(1, MOST),
  'display_width_px!': integer(1, MOST),
  display_number: nullable(integer(0, MOST)),
}

const onTheWeb = {
  ...typed,
  allowed_domains: nullable(texts),
  blocked_domains: nullable(texts),
  max_uses: nullable(integer(0, MOST)),
  response_inclusion: oneOf('full', 'excluded'),
}

const place = nullable(
  object({
    'type!': oneOf('approximate'),
    city: nullable(text),
    country: nullable(text),
    region: nullable(text),
    timezone: nullable(text),
  }),
)

const addresses = object({
  'type!': oneOf('all', 'none', 'only', 'except'),
  tools: arrayOf(object({ 'type!': oneOf('tool_reference'), 'name!': text })),
})

const search = object({ ...onTheWeb, user_location: place })
const fetching = object({
  ...onTheWeb,
  citations: citationsWanted,
  max_content_tokens: nullable(integer(0, MOST)),
  url_sources: nullable(
    object({ client_tool_results: addresses, server_tool_results: addresses, user_input: addresses }),
  ),
  use_cache: boolean,
})

export const mcpTool = object({ 'name!': text, 'input_schema!': anyObject, description: nullable(text) })

const switched = object({ enabled: nullable(boolean), defer_loading: nullable(boolean) })
const members = object({
  'type!': text,
  cache_control: cacheControl,
  configs: nullable(mapOf(nullable(switched), 256, 128)),
})

const mcpToolset = object({
  'type!': text,
  'mcp_server_name!': text,
  cache_control: cacheControl,
  configs: nullable(mapOf(switched, 4_096, 256)),
  default_config: switched,
  tools: nullable(arrayOf(mcpTool)),
})

const plain = object(typed)

const versions = (name: string, dates: readonly number[], shape: Shape): { readonly [type: string]: Shape } =>
  Object.fromEntries(dates.map((date) => [`${name}_${date}`, shape]))

const ofType = tagged(
  'type',
  {
    custom,
    ...versions('bash', [20241022, 20250124], plain),
    ...versions('text_editor', [20241022, 20250124, 20250429], plain),
    ...versions('text_editor', [20250728], object({ ...typed, max_characters: nullable(integer(1, MOST)) })),
    ...versions('computer', [20241022, 20250124], object(screen)),
    ...versions('computer', [20251124], object({ ...screen, enable_zoom: boolean })),
    ...versions('computer_toolset', [20260801], members),
    ...versions('browser_toolset', [20260801], members),
    ...versions('memory', [20250818], plain),
    ...versions('web_search', [20250305, 20260209, 20260318], search),
    ...versions('web_fetch', [20250910, 20260209, 20260309, 20260318], fetching),
    ...versions('code_execution', [20250522, 20250825, 20260120, 20260521], plain),
    tool_search_tool_regex: plain,
    tool_search_tool_bm25: plain,
    ...versions('tool_search_tool_regex', [20251119], plain),
    ...versions('tool_search_tool_bm25', [20251119], plain),
    mcp_toolset: mcpToolset,
  },
  unknownType({ type: [], name: [], input_schema: [], description: [], mcp_server_name: [], model: [] }),
)

const ANOTHER_MODEL = notServed('would have the provider ask another model')

/** A tool without a type, or with a null one, is the caller's own. */
export const tool: Shape = watched((node, at, notes) => {
  const type = member(node, 'type')
  if (type?.kind === 'string' && textOf(type).startsWith('advisor')) ANOTHER_MODEL(type, within(at, 'type'), notes)
  const shape = type === undefined || type.kind === 'null' ? custom : ofType
  shape(node, at, notes)
})

const parallel = { disable_parallel_tool_use: boolean }

export const toolChoice = watched(
  tagged('type', {
    auto: object({ 'type!': text, ...parallel }),
    any: object({ 'type!': text, ...parallel }),
    tool: object({ 'type!': text, 'name!': text, ...parallel }),
    none: object({ 'type!': text }),
  }),
)

const reference = { 'type!': text, 'name!': text }

/** What a turn adds to, or takes from, the tools: by name, or whole. */
export const changedTool = tagged('type', {
  tool_reference: object(reference),
  mcp_tool_reference: object({ ...reference, 'server_name!': text }),
  mcp_toolset_reference: object({ 'type!': text, 'server_name!': text }),
  tool_definition: object({ 'type!': text, 'definition!': tool }),
})

export const container = either('a string, or an object', {
  null: () => undefined,
  string: text,
  object: object({
    id: nullable(text),
    skills: nullable(arrayOf(object({ 'type!': oneOf('anthropic', 'custom'), 'skill_id!': text, version: text }))),
  }),
})

export const mcpServer = object({
  'type!': oneOf('url'),
  'name!': text,
  'url!': text,
  authorization_token: nullable(text),
  tool_configuration: nullable(object({ allowed_tools: nullable(texts), enabled: nullable(boolean) })),
})
