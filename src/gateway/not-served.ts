// Routes that callers of these protocols know and that are not served here: each is refused by its name, with what to do.

const ROUTES: readonly (readonly [prefix: string, what: string, instead: string])[] = [
  ['/v1/files', 'files', 'Send the content in the request itself (`file_data`, or a text part).'],
  ['/v1/uploads', 'uploads', 'Send the content in the request itself.'],
  ['/v1/batches', 'batches', 'Send each request by itself: each is decided and recorded by itself.'],
  ['/v1/messages/batches', 'message batches', 'Send each request by itself: each is decided and recorded by itself.'],
  [
    '/v1/audio',
    'speech and transcription',
    'Nothing here transcribes or speaks; `input_audio` parts of chat completions are served.',
  ],
  ['/v1/images', 'images', 'Nothing here makes images; `image_url` and `image` parts of a conversation are served.'],
  ['/v1/videos', 'videos', 'Nothing here makes videos.'],
  ['/v1/realtime', 'realtime sessions', 'Use POST /v1/responses with `stream`.'],
  ['/v1/conversations', 'conversations', 'Send the earlier turns along, or use `previous_response_id`.'],
  ['/v1/assistants', 'assistants', 'Use POST /v1/responses.'],
  ['/v1/threads', 'threads', 'Use POST /v1/responses.'],
  ['/v1/containers', 'containers', 'Name the container `auto` in the tool.'],
  ['/v1/vector_stores', 'vector stores of a provider', 'Their administration is done at the provider.'],
  ['/v1/fine_tuning', 'fine-tuning', 'It is done at the provider.'],
  ['/v1/live', 'live sessions', 'Use POST /v1/responses with `stream`.'],
  ['/v1/agents', 'agents of a provider', 'Run the agent yourself, and its calls through this gate.'],
  ['/v1/evals', 'evaluations', 'They are done at the provider.'],
  ['/v1/graders', 'graders', 'They are used at the provider.'],
  ['/v1/skills', 'skills', 'They are kept at the provider.'],
  ['/v1/organization', 'administration', 'It is done at the provider.'],
  ['/v1/organizations', 'administration', 'It is done at the provider.'],
  ['/v1/complete', 'text completions of Anthropic', 'Use POST /v1/messages.'],
  [
    '/v1/chat/completions',
    'stored chat completions',
    'POST /v1/chat/completions is served; what it stored is read at the provider.',
  ],
]

/** The commonest slip of a client's configuration. */
const WITHOUT_VERSION =
  /^\/(?:anthropic\/)?(?:chat\/completions|responses|completions|embeddings|moderations|messages|models)$/

const SERVED_ITSELF: ReadonlySet<string> = new Set(['/v1/chat/completions'])

export const NOTHING_HERE =
  'Nothing is served here. Served are POST /v1/chat/completions, /v1/responses, /v1/completions, /v1/embeddings, /v1/moderations and /v1/messages, GET /v1/models and GET /v1/exchanges/<id>.'

/** What to tell who asked for such a path, or one below it. The path itself is not repeated: it is the caller's text. */
export function notServed(path: string): string | undefined {
  if (/^\/(?:anthropic\/)?v1\/v1\//.test(path))
    return "Nothing is served below /v1/v1: leave `/v1` out of the client's base URL."
  if (WITHOUT_VERSION.test(path)) return "Nothing is served here: add `/v1` to the client's base URL."
  const under = path.startsWith('/anthropic/') ? path.slice('/anthropic'.length) : path
  const known = ROUTES.filter(([prefix]) => isBelow(under, prefix)).sort(
    ([left], [right]) => right.length - left.length,
  )[0]
  return known && `Not served here: ${known[1]} (${known[0]}). ${known[2]}`
}

/** The path itself, or one below it. Of a route that is served itself, only what is below it is not. */
const isBelow = (path: string, prefix: string): boolean =>
  path.startsWith(`${prefix}/`) ? path.length > prefix.length + 1 : path === prefix && !SERVED_ITSELF.has(prefix)
