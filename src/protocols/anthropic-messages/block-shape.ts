// The content blocks that a request may hold: what people and models said, what tools gave, and what an earlier answer of
// the provider left to be sent back. One of another type is noted, and counts as naming an address and a file.
import {
  type Shape,
  anyObject,
  anything,
  arrayOf,
  boolean,
  either,
  integer,
  nullable,
  object,
  oneOf,
  tagged,
  text,
  unknownType,
  watched,
  watchedUnlessPlain,
} from '#protocols/shape.ts'
import { cacheControl, changedTool, citationsWanted, mcpTool } from './tool-shape.ts'

const MOST = Number.MAX_SAFE_INTEGER
const count = integer(0, MOST)
const maybeCount = nullable(integer(-1, MOST))

const block = { 'type!': text, cache_control: cacheControl }

const unknownBlock = unknownType({
  type: [],
  text: [],
  source: ['type', 'url', 'file_id', 'data', 'media_type', 'content'],
  content: [],
  file_id: [],
  url: [],
  input: [],
  tool: ['type', 'definition'],
  cache_control: ['type', 'ttl'],
})

const blockOf = (types: { readonly [type: string]: Shape }): Shape => watched(tagged('type', types, unknownBlock))

const cited = { 'type!': text, 'cited_text!': text }
const inDocument = { ...cited, 'document_index!': count, document_title: nullable(text), file_id: nullable(text) }
const citation = tagged('type', {
  char_location: object({ ...inDocument, 'start_char_index!': count, 'end_char_index!': count }),
  page_location: object({ ...inDocument, 'start_page_number!': count, 'end_page_number!': count }),
  content_block_location: object({ ...inDocument, 'start_block_index!': count, 'end_block_index!': count }),
  web_search_result_location: object({ ...cited, 'encrypted_index!': text, 'url!': text, title: nullable(text) }),
  search_result_location: object({
    ...cited,
    'start_block_index!': count,
    'end_block_index!': count,
    'search_result_index!': count,
    'source!': text,
    title: nullable(text),
  }),
})

const textBlock = object({ ...block, 'text!': text, citations: nullable(arrayOf(citation)) })

const base64 = object({ 'type!': text, 'data!': text, 'media_type!': text })
const byUrl = object({ 'type!': text, 'url!': text })
const byFile = object({ 'type!': text, 'file_id!': text })
const unknownSource = unknownType({ type: [], url: [], file_id: [], data: [], media_type: [], content: [] })

const image = object({
  ...block,
  'source!': watched(tagged('type', { base64, url: byUrl, file: byFile }, unknownSource)),
  transformations: nullable(object({ oversized_image: oneOf('downsize', 'error') })),
})

const inContent = either('a string or an array of blocks', {
  string: text,
  array: arrayOf(blockOf({ text: textBlock, image })),
})

const document = object({
  ...block,
  'source!': watched(
    tagged(
      'type',
      { base64, text: base64, content: object({ 'type!': text, 'content!': inContent }), url: byUrl, file: byFile },
      unknownSource,
    ),
  ),
  citations: citationsWanted,
  context: nullable(text),
  title: nullable(text),
})

const searchResult = object({
  ...block,
  'content!': arrayOf(blockOf({ text: textBlock })),
  'source!': text,
  'title!': text,
  citations: citationsWanted,
})

const thinking = object({ 'type!': text, 'thinking!': text, 'signature!': text })
const redactedThinking = object({ 'type!': text, 'data!': text })

const caller = object({ 'type!': text, tool_id: text })
const use = { ...block, 'id!': text, 'name!': text, 'input!': anything }
const toolReference = object({ ...block, 'tool_name!': text })

const tab = object({ 'tab_id!': text, 'title!': text, 'url!': text, active: boolean })
const change = object({
  'type!': text,
  tab_id: text,
  download_id: text,
  url: text,
  path: nullable(text),
  size_bytes: maybeCount,
  error: nullable(text),
})
const browserState = object({ ...block, 'tabs!': arrayOf(tab), state_changes: nullable(arrayOf(change)) })

const resultBlock = blockOf({
  text: textBlock,
  image,
  document,
  search_result: searchResult,
  tool_reference: toolReference,
  browser_state: browserState,
})

const toolResult = object({
  ...block,
  'tool_use_id!': text,
  content: either('a string or an array of blocks', { string: text, array: arrayOf(resultBlock) }),
  is_error: boolean,
  toolset_name: nullable(text),
})

const failure = object({ 'type!': text, 'error_code!': text, error_message: nullable(text) })
const resultOf = (content: Shape): Shape => object({ ...block, 'tool_use_id!': text, 'content!': content, caller })

const outputs = arrayOf(object({ 'type!': text, 'file_id!': text }))
const ran = { 'type!': text, 'content!': outputs, 'return_code!': integer(-MOST, MOST), 'stderr!': text }
const plainRun = object({ ...ran, 'stdout!': text })

const webSearchHit = object({
  'type!': oneOf('web_search_result'),
  'encrypted_content!': text,
  'title!': text,
  'url!': text,
  page_age: nullable(text),
})

const hostedResults = {
  web_search_tool_result: resultOf(
    either('an array of results, or an error', { array: arrayOf(webSearchHit), object: failure }),
  ),
  web_fetch_tool_result: resultOf(
    tagged('type', {
      web_fetch_result: object({
        'type!': text,
        'content!': watched(tagged('type', { document })),
        'url!': text,
        retrieved_at: nullable(text),
      }),
      web_fetch_tool_result_error: failure,
    }),
  ),
  code_execution_tool_result: resultOf(
    tagged('type', {
      code_execution_result: plainRun,
      encrypted_code_execution_result: object({ ...ran, 'encrypted_stdout!': text }),
      code_execution_tool_result_error: failure,
    }),
  ),
  bash_code_execution_tool_result: resultOf(
    tagged('type', { bash_code_execution_result: plainRun, bash_code_execution_tool_result_error: failure }),
  ),
  text_editor_code_execution_tool_result: resultOf(
    tagged('type', {
      text_editor_code_execution_view_result: object({
        'type!': text,
        'content!': text,
        'file_type!': text,
        num_lines: maybeCount,
        start_line: maybeCount,
        total_lines: maybeCount,
      }),
      text_editor_code_execution_create_result: object({ 'type!': text, 'is_file_update!': boolean }),
      text_editor_code_execution_str_replace_result: object({
        'type!': text,
        lines: nullable(arrayOf(text)),
        new_lines: maybeCount,
        new_start: maybeCount,
        old_lines: maybeCount,
        old_start: maybeCount,
      }),
      text_editor_code_execution_tool_result_error: failure,
    }),
  ),
  tool_search_tool_result: resultOf(
    tagged('type', {
      tool_search_tool_search_result: object({ 'type!': text, 'tool_references!': arrayOf(toolReference) }),
      tool_search_tool_result_error: failure,
    }),
  ),
  advisor_tool_result: resultOf(
    tagged('type', {
      advisor_result: object({ 'type!': text, 'text!': text, stop_reason: nullable(text) }),
      advisor_redacted_result: object({ 'type!': text, 'encrypted_content!': text, stop_reason: nullable(text) }),
      advisor_tool_result_error: failure,
    }),
  ),
}

const toolChange = { ...block, 'tool!': changedTool }
const changes = { tool_addition: object(toolChange), tool_removal: object(toolChange) }

const compaction = object({
  ...block,
  content: nullable(text),
  encrypted_content: nullable(text),
  signature: nullable(text),
  tool_changes: nullable(arrayOf(blockOf(changes))),
})

const hop = object({ 'model!': text })

const contentBlock = blockOf({
  text: textBlock,
  image,
  document,
  search_result: searchResult,
  thinking,
  redacted_thinking: redactedThinking,
  tool_use: object({ ...use, caller, toolset_name: nullable(text) }),
  tool_result: toolResult,
  server_tool_use: object({ ...use, caller }),
  ...hostedResults,
  mcp_tool_use: object({ ...use, 'server_name!': text }),
  mcp_tool_result: object({
    ...block,
    'tool_use_id!': text,
    content: either('a string or an array of blocks', { string: text, array: arrayOf(blockOf({ text: textBlock })) }),
    is_error: boolean,
  }),
  mcp_tool_listing: object({ 'type!': text, 'mcp_server_name!': text, 'tools!': arrayOf(mcpTool) }),
  container_upload: object({ ...block, 'file_id!': text }),
  compaction,
  ...changes,
  fallback: object({ 'type!': text, 'from!': hop, 'to!': hop, trigger: nullable(anyObject) }),
})

const ORIGINS = 'a string or an array of blocks'

/** A system prompt: text alone, or blocks of it. */
export const systemPrompt = either(ORIGINS, { string: text, array: arrayOf(blockOf({ text: textBlock })) })

const said = object({
  'role!': text,
  'content!': either(ORIGINS, { string: text, array: arrayOf(contentBlock) }),
})

/** What the efforts of thinking are called, from least to most. */
export const effort = nullable(oneOf('low', 'medium', 'high', 'xhigh', 'max'))

export const message = watchedUnlessPlain(
  tagged('role', {
    user: said,
    assistant: said,
    system: object({
      'role!': text,
      content: either(ORIGINS, { string: text, array: arrayOf(blockOf({ text: textBlock, ...changes })) }),
      clear_at: nullable(oneOf('next_user_message', 'never')),
      output_config: nullable(object({ effort })),
    }),
  }),
)
