import { expect, test } from 'bun:test'
import type { Protocol } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import { anthropicCountTokens } from './anthropic-messages/count-tokens.ts'
import { anthropicMessages } from './anthropic-messages/anthropic-messages.ts'
import { openAiChat } from './openai-chat/openai-chat.ts'
import { openAiCompletions } from './openai-completions/openai-completions.ts'
import { openAiEmbeddings } from './openai-embeddings/openai-embeddings.ts'
import { openAiModerations } from './openai-moderations/openai-moderations.ts'
import { openAiResponses } from './openai-responses/openai-responses.ts'

const messages = [{ role: 'user', content: 'x' }]
const PROTOCOLS: readonly (readonly [protocol: Protocol, plain: object])[] = [
  [openAiChat, { messages }],
  [openAiResponses, { input: 'x' }],
  [openAiCompletions, { prompt: 'x' }],
  [openAiEmbeddings, { input: 'x' }],
  [openAiModerations, { input: 'x' }],
  [anthropicMessages, { messages, max_tokens: 9 }],
  [anthropicCountTokens, { messages }],
]

/** `reason field`, or `read`. */
function judged(protocol: Protocol, body: object): string {
  try {
    protocol.read(new TextEncoder().encode(JSON.stringify({ model: 'm', ...body })), 128)
    return 'read'
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return `${error.reason} ${error.detail.field ?? ''}`
  }
}

test.each(PROTOCOLS.map(([protocol, plain]) => [protocol.name, protocol, plain] as const))(
  'what some server acts on is refused by name: %s',
  (_name, protocol, plain) => {
    expect(judged(protocol, plain)).toBe('read')
    const names =
      `models route provider fallbacks preset engine deployment_id custom_llm_provider api_base base_url api_key
    plugins transforms connectors data_sources enhancements search_parameters web_search enable_search tool_resources
    assistant_id thread_id file_ids attachments vector_store_ids cached_content extra_body
    max_new_tokens max_gen_len n_predict generation_config options
    deferred user_config router_settings_override context_window_fallbacks content_policy_fallbacks
    context_window_fallback_dict model_list litellm_credential_name aws_sts_endpoint azure_endpoint langfuse_host
    success_callback failure_callback callbacks extra_headers headers kv_transfer_params bootstrap_host bootstrap_port
    lora_path lora_request compound_custom search_settings search_mode disable_search enable_search_classifier
    enable_code_interpreter search_options tool_ids tool_servers files features mcp mcp_config server_url
    custom_logit_processor logits_processors multi_agent prompt_id prompt_variables conversation_id session_id
    session_params chat_id agent_id id_slot google disable_global_guardrails guardrails num_predict max_length
    max_tokens_to_sample n_cmpl organization cache caching betas anthropic_beta`.split(/\s+/)
    for (const name of names) {
      expect([name, judged(protocol, { ...plain, [name]: null })]).toEqual([name, `unknown_field ${name}`])
    }
    // Spelled otherwise they are none the less what they are.
    expect(judged(protocol, { ...plain, userConfig: {} })).toBe('invalid_field userConfig')
    expect(judged(protocol, { ...plain, 'num-predict': 1 })).toBe('invalid_field num-predict')
  },
)

test('and so is what another protocol has, or calls otherwise', () => {
  const chat = 'best_of prompt input instructions include previous_response_id background max_output_tokens container'
  for (const name of chat.split(' ')) {
    expect(judged(openAiChat, { messages, [name]: 1 })).toBe(`unknown_field ${name}`)
  }
  for (const name of 'best_of n messages reasoning_effort max_tokens max_completion_tokens'.split(' ')) {
    expect(judged(openAiResponses, { input: 'x', [name]: 1 })).toBe(`unknown_field ${name}`)
  }
  const anthropic =
    'max_output_tokens max_completion_tokens reasoning_effort reasoning user safety_identifier best_of n store background'
  for (const name of anthropic.split(' ')) {
    expect(judged(anthropicMessages, { messages, max_tokens: 9, [name]: 1 })).toBe(`unknown_field ${name}`)
    expect(judged(anthropicCountTokens, { messages, [name]: 1 })).toBe(`unknown_field ${name}`)
  }
  expect(judged(anthropicCountTokens, { messages, metadata: { user_id: 'alice' } })).toBe('unknown_field metadata')
})
