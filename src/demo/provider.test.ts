import { afterAll, beforeAll, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { makeProvider } from '#demo/provider.ts'
import type { SeenRequest } from '#demo/seen.ts'

const guarded = makeProvider({ credential: 'demo-key', now: () => 1_800_000_000_000, models: ['one', 'two'] })
const authorization = 'Bearer demo-key'
let server: ReturnType<typeof Bun.serve>
let url = ''

beforeAll(() => {
  server = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 0, development: false, fetch: guarded.fetch })
  url = `http://127.0.0.1:${server.port}`
})
afterAll(() => server.stop(true))

function post(body: string | Uint8Array<ArrayBuffer>, init: RequestInit = {}): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, { method: 'POST', headers: { authorization }, body, ...init })
}

function saying(content: string, more: object = {}): string {
  return JSON.stringify({ model: 'm', messages: [{ role: 'user', content }], ...more })
}

async function seen(): Promise<readonly SeenRequest[]> {
  return (await (await fetch(`${url}/seen`)).json()) as SeenRequest[]
}

/** All that a raw socket receives before it is closed, or reset. */
async function rawPost(body: string): Promise<string> {
  const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n`
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(Number(server.port), '127.0.0.1', () =>
      socket.write(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`),
    )
    socket.on('data', (bytes) => (text += bytes.toString()))
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })
}

test('a dropped connection never looks like an end', async () => {
  const raw = await rawPost(saying('one two three [[die:2]]', { stream: true }))
  expect(raw.match(/"content":"\w+ ?"/g)).toEqual(['"content":"one "', '"content":"two "'])
  expect(raw).not.toContain('\r\n0\r\n')
  const plain = await rawPost(saying('assistant "two" three [[die:2]]'))
  expect(plain).toContain('"content":"assistant \\"two\\" ')
  expect(plain).not.toContain('three')
  const early = await rawPost(saying('[[die:0]]'))
  expect(early).not.toContain('chat.completion')
  const late = await rawPost(saying('one two [[die:9]]', { stream: true }))
  expect(late).toContain('"content":"two"')
  expect(late).not.toContain('"finish_reason":"stop"')
})

test('a delay is waited for before the first piece and between pieces', async () => {
  const waits: number[] = []
  const provider = makeProvider({
    wait: async (milliseconds) => {
      waits.push(milliseconds)
    },
  })
  const ask = async (stream: boolean) => {
    const body = saying('a b c [[delay:250]]', { stream })
    await (await provider.fetch(new Request('http://x/v1/chat/completions', { method: 'POST', body }))).text()
  }
  await ask(true)
  expect(waits).toEqual([250, 250, 250])
  waits.length = 0
  await ask(false)
  expect(waits).toEqual([250])
})

test('without the credential nothing is answered', async () => {
  for (const value of [undefined, 'Bearer wrong', 'demo-key', 'bearer demo-key']) {
    const answer = await post('{}', { headers: value === undefined ? {} : { authorization: value } })
    expect(answer.status).toBe(401)
    expect(await answer.json()).toMatchObject({ error: { code: 'invalid_api_key' } })
    expect(
      (await fetch(`${url}/v1/models`, { headers: value === undefined ? {} : { authorization: value } })).status,
    ).toBe(401)
  }
})

test('models are listed, one by one they are found or not', async () => {
  const list = await (await fetch(`${url}/v1/models`, { headers: { authorization } })).json()
  expect(list).toEqual({
    object: 'list',
    data: [
      { id: 'one', object: 'model', created: 1_767_225_600, owned_by: 'demo' },
      { id: 'two', object: 'model', created: 1_767_225_600, owned_by: 'demo' },
    ],
  })
  expect((await fetch(`${url}/v1/models/two`, { headers: { authorization } })).status).toBe(200)
  expect((await fetch(`${url}/v1/models/three`, { headers: { authorization } })).status).toBe(404)
  expect((await fetch(`${url}/elsewhere`, { headers: { authorization } })).status).toBe(404)
})

test('requests are seen just as they arrived, and counted', async () => {
  await fetch(`${url}/seen`, { method: 'DELETE' })
  const before = Number(await (await fetch(`${url}/count`)).text())
  const body = '{ "model":"m", "messages": [{"role":"user","content":"h\\u0069"}], "n": 1 }'
  await (await post(body, { headers: { authorization, 'x-trace': 'A b' } })).text()
  await (await post(new Uint8Array([0xff, 0x00]))).text()
  await (await fetch(`${url}/v1/models`, { headers: { authorization } })).text()
  await (await fetch(`${url}/v1/models/two?x=1`, { headers: { authorization } })).text()
  const all = await seen()
  expect(all.map(({ method, path, aborted, at }) => [method, path, aborted, at])).toEqual([
    ['POST', '/v1/chat/completions', false, '2027-01-15T08:00:00.000Z'],
    ['POST', '/v1/chat/completions', false, '2027-01-15T08:00:00.000Z'],
    ['GET', '/v1/models/two?x=1', false, '2027-01-15T08:00:00.000Z'],
  ])
  expect(all[0]?.body).toBe(body)
  expect(all[0]?.headers).toMatchObject({ 'x-trace': 'A b', authorization })
  expect([all[1]?.body, all[1]?.body64]).toEqual(['', '/wA='])
  expect(Number(await (await fetch(`${url}/count`)).text())).toBe(before + 2)
})

test('a caller who hangs up is seen to have done so, and only that one', async () => {
  await fetch(`${url}/seen`, { method: 'DELETE' })
  await (await post(saying('complete', { stream: true }))).text()
  for (const stream of [true, false]) {
    const leaving = new AbortController()
    const answer = post(saying('a [[delay:60000]]', { stream }), { signal: leaving.signal }).catch(() => undefined)
    while ((await seen()).length < (stream ? 2 : 3)) await Bun.sleep(5)
    leaving.abort()
    await answer
  }
  while ((await seen()).filter((request) => request.aborted).length < 2) await Bun.sleep(5)
  expect((await seen()).map((request) => request.aborted)).toEqual([false, true, true])
})

test('only the last thousand requests are held', async () => {
  const provider = makeProvider()
  for (let number = 0; number < 1_005; number += 1) await provider.fetch(new Request(`http://x/${number}`))
  const held = (await (await provider.fetch(new Request('http://x/seen'))).json()) as { path: string }[]
  expect([held.length, held[0]?.path, held.at(-1)?.path]).toEqual([1_000, '/5', '/1004'])
})

test("the key of Anthropic's clients opens Anthropic's addresses, and no others", async () => {
  const status = async (path: string, more: Readonly<Record<string, string>> = {}) => {
    const headers = { 'x-api-key': 'demo-key', ...more }
    const body = JSON.stringify({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'x' }], input: 'x' })
    return (await guarded.fetch(new Request(`http://x${path}`, { method: 'POST', headers, body }))).status
  }
  expect(await status('/v1/messages')).toBe(200)
  expect(await status('/v1/messages', { 'x-api-key': 'wrong' })).toBe(401)
  expect(await status('/v1/chat/completions')).toBe(401)
  expect(await status('/v1/responses')).toBe(401)
})

test('every call of a model is counted, whatever its protocol', async () => {
  const provider = makeProvider()
  const ask = (method: string, path: string) => provider.fetch(new Request(`http://x${path}`, { method }))
  for (const path of ['messages', 'messages/count_tokens', 'responses', 'completions', 'embeddings', 'moderations']) {
    await ask('POST', `/v1/${path}`)
  }
  await ask('GET', '/v1/responses/resp_demo1')
  await ask('DELETE', '/v1/responses/resp_demo1')
  await ask('POST', '/v1/files')
  expect(await (await ask('GET', '/count')).json()).toBe(6)
  expect(await (await ask('GET', '/seen')).json()).toHaveLength(9)
})
