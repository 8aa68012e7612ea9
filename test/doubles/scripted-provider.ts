// A provider that answers what a test hands it, whole or cut into single characters, in each of three protocols. What it is
// asked decides nothing but whether it streams.
export interface Scripted {
  readonly url: string
  /** Of the next requests, until there is another. */
  script: Script
  stop(): Promise<void>
}

export type Script =
  | { readonly protocol: 'openai-chat'; readonly choices: readonly ChatChoice[] }
  | { readonly protocol: 'anthropic-messages'; readonly content: readonly AnthropicBlock[] }
  | { readonly protocol: 'openai-responses'; readonly output: readonly ResponseItem[] }
  | { readonly protocol: 'any'; readonly status: number; readonly body: unknown }

export interface ChatChoice {
  readonly content?: string
  readonly refusal?: string
  readonly reasoning_content?: string
  readonly arguments?: string
  /** The tokens of log-probabilities, one character each. */
  readonly tokens?: string
}

export type AnthropicBlock =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature: string }
  | { readonly type: 'tool_use'; readonly id: string; readonly name: string; readonly input: object }

export type ResponseItem =
  | { readonly type: 'message'; readonly text: string }
  | { readonly type: 'function_call'; readonly arguments: string }
  | { readonly type: 'reasoning'; readonly summary: string; readonly encrypted_content: string }

export function startScripted(): Scripted {
  const made = { script: { protocol: 'any', status: 500, body: {} } as Script }
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const body = await request.text()
      const asked = (body === '' ? {} : JSON.parse(body)) as { stream?: boolean }
      const { script } = made
      if (script.protocol === 'any') return Response.json(script.body, { status: script.status })
      if (asked.stream !== true) return Response.json(whole(script))
      const frames = [...events(script)].map(
        (event) => `${named(event)}data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`,
      )
      return new Response(frames.join(''), { headers: { 'content-type': 'text/event-stream' } })
    },
  })
  return Object.assign(made, { url: `http://127.0.0.1:${server.port}`, stop: () => server.stop(true) })
}

export type Scriptable = Exclude<Script, { protocol: 'any' }>
export type Event = object | '[DONE]'
/** How a text is cut into the pieces of a stream. */
export type Cut = (text: string) => readonly string[]

const characters: Cut = (text) => Array.from(text)

const named = (event: Event): string =>
  typeof event === 'object' && 'type' in event ? `event: ${String(event.type)}\n` : ''

function whole(script: Scriptable): object {
  switch (script.protocol) {
    case 'openai-chat':
      return chatAnswer(script.choices)
    case 'anthropic-messages':
      return {
        ...MESSAGE,
        content: script.content,
        stop_reason: 'end_turn',
        usage: { input_tokens: 1, output_tokens: 1 },
      }
    case 'openai-responses':
      return { ...RESPONSE, status: 'completed', output: script.output.map(itemOf) }
  }
}

/** A script's stream, event by event. */
export function* events(script: Scriptable, cut: Cut = characters): Generator<Event> {
  switch (script.protocol) {
    case 'openai-chat':
      return yield* chatEvents(script.choices, cut)
    case 'anthropic-messages':
      return yield* messageEvents(script.content, cut)
    case 'openai-responses':
      return yield* responseEvents(script.output, cut)
  }
}

const CHAT = { id: 'chatcmpl-1', created: 1, model: 'theirs' }
const call = (text: string) => ({ index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: text } })
const tokens = (text: string) =>
  Array.from(text, (token) => ({
    token,
    logprob: -0.1,
    bytes: [...Buffer.from(token)],
    top_logprobs: [{ token, logprob: -0.1, bytes: [...Buffer.from(token)] }],
  }))

const chatAnswer = (choices: readonly ChatChoice[]): object => ({
  ...CHAT,
  object: 'chat.completion',
  choices: choices.map(({ tokens: spelled, arguments: args, ...message }, index) => ({
    index,
    message: {
      role: 'assistant',
      content: null,
      ...message,
      ...(args === undefined ? {} : { tool_calls: [call(args)] }),
    },
    ...(spelled === undefined ? {} : { logprobs: { content: tokens(spelled), refusal: null } }),
    finish_reason: 'stop',
  })),
})

function* chatEvents(choices: readonly ChatChoice[], cut: Cut): Generator<Event> {
  const event = (index: number, delta: object, more: object = {}): object => ({
    ...CHAT,
    object: 'chat.completion.chunk',
    choices: [{ index, delta, finish_reason: null, ...more }],
  })
  // In turn, a piece of each text: what belongs together never stands together.
  const parts = choices.flatMap((choice, index) =>
    Object.entries(choice).map(([field, text]) => ({ index, field, pieces: cut(text as string) })),
  )
  const longest = Math.max(...parts.map(({ pieces }) => pieces.length))
  for (let at = 0; at < longest; at++) {
    for (const { index, field, pieces } of parts) {
      const piece = pieces[at]
      if (piece === undefined) continue
      if (field === 'tokens') yield event(index, {}, { logprobs: { content: tokens(piece), refusal: null } })
      else if (field === 'arguments')
        yield event(index, { tool_calls: [at === 0 ? call(piece) : { index: 0, function: { arguments: piece } }] })
      else yield event(index, { [field]: piece })
    }
  }
  for (const index of choices.keys()) yield event(index, {}, { finish_reason: 'stop' })
  yield '[DONE]'
}

const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'theirs',
  stop_reason: null,
  stop_sequence: null,
}

function* messageEvents(content: readonly AnthropicBlock[], cut: Cut): Generator<Event> {
  yield { type: 'message_start', message: { ...MESSAGE, content: [], usage: { input_tokens: 1, output_tokens: 1 } } }
  for (const [index, block] of content.entries()) {
    const delta = (piece: object): object => ({ type: 'content_block_delta', index, delta: piece })
    switch (block.type) {
      case 'text':
        yield { type: 'content_block_start', index, content_block: { type: 'text', text: '' } }
        for (const text of cut(block.text)) yield delta({ type: 'text_delta', text })
        break
      case 'thinking':
        yield { type: 'content_block_start', index, content_block: { type: 'thinking', thinking: '', signature: '' } }
        for (const thinking of cut(block.thinking)) yield delta({ type: 'thinking_delta', thinking })
        yield delta({ type: 'signature_delta', signature: block.signature })
        break
      case 'tool_use':
        yield { type: 'content_block_start', index, content_block: { ...block, input: {} } }
        for (const piece of cut(JSON.stringify(block.input)))
          yield delta({ type: 'input_json_delta', partial_json: piece })
    }
    yield { type: 'content_block_stop', index }
  }
  yield { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 1 } }
  yield { type: 'message_stop' }
}

const RESPONSE = { id: 'resp_1', object: 'response', created_at: 1, model: 'theirs', error: null, store: false }

function itemOf(item: ResponseItem, index: number): object {
  switch (item.type) {
    case 'message':
      return {
        type: 'message',
        id: `item_${index}`,
        status: 'completed',
        role: 'assistant',
        content: [partOf(item.text)],
      }
    case 'function_call':
      return {
        type: 'function_call',
        id: `item_${index}`,
        call_id: 'call_1',
        name: 'f',
        status: 'completed',
        arguments: item.arguments,
      }
    case 'reasoning':
      return {
        type: 'reasoning',
        id: `item_${index}`,
        summary: [{ type: 'summary_text', text: item.summary }],
        encrypted_content: item.encrypted_content,
      }
  }
}

const partOf = (text: string): object => ({ type: 'output_text', text, annotations: [] })

function* responseEvents(output: readonly ResponseItem[], cut: Cut): Generator<Event> {
  let sequence_number = 0
  const event = (type: string, more: object): object => ({ type, sequence_number: sequence_number++, ...more })
  yield event('response.created', { response: { ...RESPONSE, status: 'in_progress', output: [] } })
  for (const [output_index, item] of output.entries()) {
    const item_id = `item_${output_index}`
    const at = { item_id, output_index }
    const done = itemOf(item, output_index)
    switch (item.type) {
      case 'message': {
        const part = { ...at, content_index: 0 }
        yield event('response.output_item.added', {
          output_index,
          item: { ...done, status: 'in_progress', content: [] },
        })
        yield event('response.content_part.added', { ...part, part: partOf('') })
        for (const delta of cut(item.text)) yield event('response.output_text.delta', { ...part, delta, logprobs: [] })
        yield event('response.output_text.done', { ...part, text: item.text, logprobs: [] })
        yield event('response.content_part.done', { ...part, part: partOf(item.text) })
        break
      }
      case 'function_call':
        yield event('response.output_item.added', { output_index, item: { ...done, arguments: '' } })
        for (const delta of cut(item.arguments)) yield event('response.function_call_arguments.delta', { ...at, delta })
        yield event('response.function_call_arguments.done', { ...at, name: 'f', arguments: item.arguments })
        break
      case 'reasoning': {
        const part = { ...at, summary_index: 0 }
        yield event('response.output_item.added', {
          output_index,
          item: { ...done, summary: [], encrypted_content: '' },
        })
        yield event('response.reasoning_summary_part.added', { ...part, part: { type: 'summary_text', text: '' } })
        for (const delta of cut(item.summary)) yield event('response.reasoning_summary_text.delta', { ...part, delta })
        yield event('response.reasoning_summary_text.done', { ...part, text: item.summary })
        yield event('response.reasoning_summary_part.done', {
          ...part,
          part: { type: 'summary_text', text: item.summary },
        })
      }
    }
    yield event('response.output_item.done', { output_index, item: done })
  }
  yield event('response.completed', { response: { ...RESPONSE, status: 'completed', output: output.map(itemOf) } })
}
