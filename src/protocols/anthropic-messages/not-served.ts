// Fields that a request of this protocol may have, or that some provider behind an address of its shape acts on, and that
// are refused in every tier: each would go round the decision.

const GROUPS: readonly (readonly [because: string, names: readonly string[]])[] = [
  [
    'would let the provider choose another model or address',
    [
      'fallbacks',
      'fallback_credit_token',
      'models',
      'route',
      'provider',
      'preset',
      'engine',
      'deployment_id',
      'custom_llm_provider',
      'api_base',
      'base_url',
      'api_key',
      'anthropic_version',
    ],
  ],
  ['would let the caller choose who is billed, and where', ['billing_policy', 'user_profile_id', 'workspace_id']],
  [
    'would make the provider act',
    ['plugins', 'transforms', 'connectors', 'data_sources', 'search_parameters', 'web_search', 'web_search_options'],
  ],
  [
    'stands for what the provider holds',
    [
      'previous_response_id',
      'previous_message_id',
      'conversation',
      'assistant_id',
      'thread_id',
      'file_ids',
      'attachments',
      'vector_store_ids',
      'cached_content',
    ],
  ],
  ['would have the provider work on unattended', ['background', 'store']],
  ['belongs to a header', ['betas', 'anthropic_beta']],
  ['belongs to another protocol', ['prompt', 'input', 'instructions', 'include', 'functions', 'response_format']],
  ['could hold any other field', ['extra_body']],
]

/** Why each is not served, as the end of a sentence that begins with its name. */
export const NOT_SERVED: ReadonlyMap<string, string> = new Map(
  GROUPS.flatMap(([because, names]) => names.map((name) => [name, because] as const)),
)
