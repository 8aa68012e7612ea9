// Fields that no chat completions request of OpenAI has, and that some provider or proxy behind an address of that shape
// acts on. In tier 1 a field that nobody knows passes; these do not, in any tier, for each would go round the decision.

const GROUPS: readonly (readonly [because: string, names: readonly string[]])[] = [
  [
    'would let the provider choose another model or address',
    [
      'models',
      'route',
      'provider',
      'fallbacks',
      'preset',
      'engine',
      'deployment_id',
      'custom_llm_provider',
      'api_base',
      'base_url',
      'api_key',
    ],
  ],
  [
    'would make the provider act',
    [
      'plugins',
      'transforms',
      'mcp_servers',
      'container',
      'connectors',
      'data_sources',
      'enhancements',
      'search_parameters',
      'web_search',
      'enable_search',
      'tool_resources',
    ],
  ],
  [
    'stands for what the provider holds',
    [
      'previous_response_id',
      'conversation',
      'assistant_id',
      'thread_id',
      'file_ids',
      'attachments',
      'vector_store_ids',
      'cached_content',
    ],
  ],
  ['would have the provider work on unattended', ['background']],
  ['belongs to another protocol', ['prompt', 'input', 'instructions', 'include']],
  ['could hold any other field', ['extra_body']],
]

/** Why each is not served, as the end of a sentence that begins with its name. */
export const NOT_SERVED: ReadonlyMap<string, string> = new Map(
  GROUPS.flatMap(([because, names]) => names.map((name) => [name, because] as const)),
)
