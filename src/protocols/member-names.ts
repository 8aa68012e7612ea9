// Names that requests, answers and events of these protocols have anyway. As names they are not inspected: thirteen of an
// event's twenty strings are such, and none of them can be a credential.
export const MEMBER_NAMES: ReadonlySet<string> = new Set(
  `id object created model choices index delta message messages role content text type name value refusal finish_reason logprobs
  usage prompt_tokens completion_tokens total_tokens service_tier system_fingerprint annotations audio tool_calls tool_call_id
  function arguments input output tools tool_choice parameters properties description required enum items strict stream
  stream_options include_usage temperature top_p max_tokens max_completion_tokens max_output_tokens stop seed user metadata
  store n prompt suffix echo token bytes logprob top_logprobs prompt_tokens_details completion_tokens_details cached_tokens
  reasoning_tokens audio_tokens accepted_prediction_tokens rejected_prediction_tokens reasoning_content reasoning data embedding
  encoding_format dimensions error code param response item item_id output_index content_index sequence_number obfuscation part
  status incomplete_details instructions previous_response_id parallel_tool_calls truncation input_tokens output_tokens
  input_tokens_details output_tokens_details summary summary_index created_at completed_at call_id source media_type url
  image_url file_data filename detail system max_tokens_to_sample stop_reason stop_sequence stop_sequences content_block
  partial_json thinking signature cache_control ttl citations citation tool_use_id input_schema is_error
  cache_creation_input_tokens cache_read_input_tokens cache_creation ephemeral_5m_input_tokens ephemeral_1h_input_tokens
  budget_tokens response_format json_schema schema format verbosity effort safety_identifier`.split(/\s+/),
)
