// Fields that no request of OpenAI has, and that some provider or proxy behind an address of that shape acts on. In tier 1 a
// field that nobody knows passes; these do not, in any tier, for each would go round the decision.

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
  ['could hold any other field', ['extra_body']],
  [
    'is another name for how much is answered',
    ['max_output_tokens', 'max_new_tokens', 'max_gen_len', 'n_predict', 'generation_config', 'options'],
  ],
]

/** Why each is not served, as the end of a sentence that begins with its name. `others` belong to other protocols. */
export const notServedBeside = (others: readonly string[]): ReadonlyMap<string, string> =>
  new Map(
    [['belongs to another protocol', others] as const, ...GROUPS].flatMap(([because, names]) =>
      names.map((name) => [name, because] as const),
    ),
  )
