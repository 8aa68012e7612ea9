// Fields that no request of these protocols has, and that some provider or proxy behind an address of their shape acts on.
// In tier 1 a field that nobody knows passes; these do not, in any tier, for each would go round the decision, or a limit.

export type Groups = readonly (readonly [because: string, names: string])[]

const EVERYWHERE: Groups = [
  [
    'would let the provider choose another model or address',
    `models route provider fallbacks preset engine deployment_id custom_llm_provider api_base base_url azure_endpoint
    aws_sts_endpoint server_url langfuse_host user_config router_settings_override model_list context_window_fallbacks
    context_window_fallback_dict content_policy_fallbacks bootstrap_host bootstrap_port kv_transfer_params`,
  ],
  [
    'would replace what the gate says of itself, or for whom the provider works',
    `api_key organization headers extra_headers litellm_credential_name`,
  ],
  ['would switch off what guards the provider', 'guardrails disable_global_guardrails'],
  [
    'would make the provider act',
    `plugins transforms mcp mcp_config mcp_servers container connectors data_sources enhancements search_parameters
    search_settings search_mode search_options disable_search enable_search enable_search_classifier web_search
    enable_code_interpreter compound_custom multi_agent features google tool_resources tool_ids tool_servers
    success_callback failure_callback callbacks`,
  ],
  ['would have the provider load code', 'custom_logit_processor logits_processors lora_path lora_request'],
  [
    'stands for what the provider holds',
    `previous_response_id conversation conversation_id session_id session_params chat_id agent_id assistant_id thread_id
    id_slot prompt_id prompt_variables file_ids files attachments vector_store_ids cached_content`,
  ],
  ['would choose what a proxy keeps of the answer, and gives of others', 'cache caching'],
  ['would have the provider work on unattended', 'background deferred'],
  ['belongs to a header', 'betas anthropic_beta'],
  ['could hold any other field', 'extra_body'],
  [
    'is another name for how much is answered',
    `max_output_tokens max_new_tokens max_gen_len max_length max_tokens_to_sample n_predict num_predict n_cmpl
    generation_config options`,
  ],
]

/**
 * Why each is not served, as the end of a sentence that begins with its name. Those that a protocol has are to be taken
 * out by whoever reads it; `own` are what it alone does not have.
 */
export const notServedBeside = (own: Groups): ReadonlyMap<string, string> =>
  new Map(
    [...EVERYWHERE, ...own].flatMap(([because, names]) => names.split(/\s+/).map((name) => [name, because] as const)),
  )

/** Fields of other protocols. */
export const elsewhere = (names: string): Groups => [['belongs to another protocol', names]]
