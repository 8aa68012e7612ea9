// A provider that costs as little as one can: an answer as long as the prompt, whole or in 64 pieces. `bun provider.ts`; says its
// port on standard output.
const PIECES = 64
const WORDS = 'The quick brown fox jumps over the lazy dog, said the author; nobody was surprised by that. '

const chunk = (content: string): string =>
  `data: ${JSON.stringify({
    id: 'chatcmpl-b',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
  })}\n\n`

const answers = new Map<number, Uint8Array>()
function answerOf(length: number): Uint8Array {
  const known = answers.get(length)
  if (known) return known
  const content = WORDS.repeat(Math.ceil(length / WORDS.length)).slice(0, length)
  const message = { role: 'assistant', content, refusal: null }
  const made = new TextEncoder().encode(
    JSON.stringify({
      id: 'chatcmpl-b',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    }),
  )
  answers.set(length, made)
  return made
}

const END = `data: {"id":"chatcmpl-b","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`
const pieces = Array.from({ length: PIECES }, (_, at) => new TextEncoder().encode(chunk(`word${at} `)))
const end = new TextEncoder().encode(END)

export const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  idleTimeout: 0,
  async fetch(request) {
    const body = new Uint8Array(await request.arrayBuffer())
    const isStream = Buffer.from(body.subarray(0, 64)).includes('"stream":true')
    if (!isStream) {
      return new Response(answerOf(Math.max(0, body.length - 100)) as Uint8Array<ArrayBuffer>, {
        headers: { 'content-type': 'application/json' },
      })
    }
    let at = 0
    return new Response(
      new ReadableStream({
        async pull(controller) {
          await new Promise((resolve) => setImmediate(resolve))
          const piece = pieces[at]
          at += 1
          controller.enqueue(piece ?? end)
          if (!piece) controller.close()
        },
      }),
      { headers: { 'content-type': 'text/event-stream' } },
    )
  },
})
console.log(server.port)
