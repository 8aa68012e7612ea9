// Tools of the Responses API, and how one is chosen. Which of them the provider runs itself is told in tool-acts.ts.
import {
  type Shape,
  anyObject,
  anything,
  arrayOf,
  boolean,
  either,
  mapOf,
  nullable,
  object,
  oneOf,
  tagged,
  text,
  unknownType,
  watched,
} from '#protocols/shape.ts'

const callers = { allowed_callers: nullable(arrayOf(text)) }
const texts = nullable(arrayOf(text))

const functionTool = object({
  'type!': text,
  'name!': text,
  description: nullable(text),
  parameters: nullable(anyObject),
  output_schema: nullable(anyObject),
  strict: nullable(boolean),
  async: nullable(boolean),
  defer_loading: nullable(boolean),
  ...callers,
})

const customTool = object({
  'type!': text,
  'name!': text,
  description: nullable(text),
  format: nullable(
    tagged('type', {
      text: object({ 'type!': text }),
      grammar: object({ 'type!': text, 'definition!': text, 'syntax!': text }),
    }),
  ),
  async: nullable(boolean),
  defer_loading: nullable(boolean),
  ...callers,
})

const fileSearch = object({
  'type!': text,
  'vector_store_ids!': arrayOf(text),
  filters: nullable(anyObject),
  max_num_results: anything,
  ranking_options: nullable(
    object({
      hybrid_search: nullable(object({ embedding_weight: anything, text_weight: anything })),
      ranker: text,
      score_threshold: anything,
    }),
  ),
})

const webSearch = object({
  'type!': text,
  external_web_access: nullable(boolean),
  filters: nullable(object({ allowed_domains: texts })),
  search_content_types: texts,
  search_context_size: nullable(text),
  user_location: nullable(
    object({
      type: text,
      city: nullable(text),
      country: nullable(text),
      region: nullable(text),
      timezone: nullable(text),
    }),
  ),
})

const toolFilter = object({ read_only: nullable(boolean), tool_names: texts })

const mcp = object({
  'type!': text,
  'server_label!': text,
  allowed_tools: nullable(either('an array of names or a filter', { array: arrayOf(text), object: toolFilter })),
  authorization: nullable(text),
  connector_id: nullable(text),
  defer_loading: nullable(boolean),
  headers: nullable(mapOf(text, 64, 256)),
  require_approval: nullable(
    either('"always", "never" or a filter', {
      string: oneOf('always', 'never'),
      object: object({ always: nullable(toolFilter), never: nullable(toolFilter) }),
    }),
  ),
  server_description: nullable(text),
  server_url: nullable(text),
  tunnel_id: nullable(text),
  ...callers,
})

const networkPolicy = nullable(
  tagged('type', {
    disabled: object({ 'type!': text }),
    allowlist: object({
      'type!': text,
      'allowed_domains!': arrayOf(text),
      domain_secrets: nullable(arrayOf(object({ 'domain!': text, 'name!': text, 'value!': text }))),
    }),
  }),
)

const skill = tagged('type', {
  skill_reference: object({ 'type!': text, 'skill_id!': text, version: nullable(text) }),
  inline: object({
    'type!': text,
    'name!': text,
    'description!': text,
    'source!': object({ 'type!': text, 'media_type!': text, 'data!': text }),
  }),
})

const container = {
  'type!': text,
  file_ids: texts,
  memory_limit: nullable(text),
  network_policy: networkPolicy,
}

const codeInterpreter = object({
  'type!': text,
  'container!': either('a string or an object', { string: text, object: tagged('type', { auto: object(container) }) }),
  ...callers,
})

const environments = {
  container_reference: object({ 'type!': text, 'container_id!': text }),
  local: object({
    'type!': text,
    skills: nullable(arrayOf(object({ 'name!': text, 'description!': text, 'path!': text }))),
  }),
}

/** Where a shell ran. */
export const shellEnvironment: Shape = tagged('type', environments)

/** Where a shell is to run. */
const environment: Shape = tagged('type', {
  ...environments,
  container_auto: object({ ...container, skills: nullable(arrayOf(skill)) }),
})

const imageGeneration = object({
  'type!': text,
  ...Object.fromEntries(
    [
      'action',
      'background',
      'complexity',
      'input_fidelity',
      'model',
      'moderation',
      'output_format',
      'quality',
      'size',
    ].map((name) => [name, nullable(text)]),
  ),
  frame_count: anything,
  frame_duration_ms: anything,
  output_compression: anything,
  partial_images: anything,
  input_image_mask: nullable(object({ file_id: nullable(text), image_url: nullable(text) })),
  svg: nullable(object({ model: nullable(text), reasoning: nullable(object({ effort: nullable(text) })) })),
})

// A tool that nobody here knows is the provider's own, until somebody does.
const unknownTool = unknownType({
  type: [],
  name: [],
  server_url: [],
  connector_id: [],
  container: ['type', 'file_ids'],
  environment: ['type', 'container_id', 'file_ids'],
  vector_store_ids: [],
  tools: [],
})

const declared = { function: functionTool, custom: customTool }
const bare = object({ 'type!': text })

/** One that is not known in full is obscure. */
export const tool: Shape = watched(
  tagged(
    'type',
    {
      ...declared,
      local_shell: bare,
      apply_patch: object({ 'type!': text, ...callers }),
      namespace: object({
        'type!': text,
        'name!': text,
        description: nullable(text),
        'tools!': arrayOf(watched(tagged('type', declared, unknownTool))),
      }),
      file_search: fileSearch,
      web_search: webSearch,
      web_search_2025_08_26: webSearch,
      web_search_preview: webSearch,
      web_search_preview_2025_03_11: webSearch,
      mcp,
      code_interpreter: codeInterpreter,
      shell: object({ 'type!': text, environment: nullable(environment), ...callers }),
      image_generation: imageGeneration,
      computer: bare,
      computer_use_preview: object({
        'type!': text,
        'display_height!': anything,
        'display_width!': anything,
        'environment!': text,
      }),
      programmatic_tool_calling: bare,
      tool_search: object({
        'type!': text,
        description: nullable(text),
        execution: nullable(oneOf('server', 'client')),
        parameters: nullable(anyObject),
      }),
    },
    unknownTool,
  ),
)

const named = object({ 'type!': text, 'name!': text })

const oneTool = watched(
  tagged(
    'type',
    {
      function: named,
      custom: named,
      mcp: object({ 'type!': text, 'server_label!': text, name: nullable(text) }),
      ...Object.fromEntries(
        [
          'apply_patch',
          'code_interpreter',
          'computer',
          'computer_use',
          'computer_use_preview',
          'file_search',
          'image_generation',
          'local_shell',
          'programmatic_tool_calling',
          'shell',
          'tool_search',
          'web_search',
          'web_search_2025_08_26',
          'web_search_preview',
          'web_search_preview_2025_03_11',
        ].map((type) => [type, bare]),
      ),
    },
    unknownTool,
  ),
)

const allowedTools = object({
  'type!': text,
  'mode!': oneOf('auto', 'required'),
  'tools!': arrayOf(oneTool),
})

export const toolChoice: Shape = either('a string or an object', {
  string: oneOf('none', 'auto', 'required'),
  object: watched(tagged('type', { allowed_tools: allowedTools }, oneTool)),
})
