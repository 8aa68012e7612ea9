// The least that a proxy can do on this runtime: parse the body, forward it, hand the answer on. `bun bare.ts PROVIDER_PORT`.
const provider = process.argv[2]

export const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  idleTimeout: 0,
  async fetch(request) {
    const text = await request.text()
    const body = JSON.parse(text) as { model?: unknown }
    if (typeof body.model !== 'string') return new Response(null, { status: 400 })
    const answer = await fetch(`http://127.0.0.1:${provider}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer x' },
      body: text,
    })
    const headers = { 'content-type': answer.headers.get('content-type') ?? '' }
    return new Response(answer.body, { status: answer.status, headers })
  },
})
console.log(server.port)
