// A secret that changes while requests are on their way.
import { afterAll, expect, test } from 'bun:test'
import type { Provider } from '#access/provider.ts'
import { Refusal } from '#access/refusal.ts'
import { makeDialer } from './dial.ts'
import { callTo, outcomeOf, outgoing, providerAt } from './http.fixture.ts'
import { httpUpstream, type Secrets } from './http.ts'

/** Takes the secret `new`; says what it was shown. The first step of the path is the status of its no. */
let shown: (string | null)[] = []
const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch(request) {
    const secret = request.headers.get('authorization')
    shown.push(secret)
    const status = Number(new URL(request.url).pathname.split('/')[1])
    return secret === 'Bearer new' ? Response.json({ ok: true }) : Response.json({ error: {} }, { status })
  },
})
afterAll(() => server.stop(true))

const provider = (status = 401): Provider =>
  providerAt(`http://127.0.0.1:${server.port}/${status}`, { credential: { from: 'env', name: 'KEY' } })

function upstreamWith(read: string, refresh: () => Promise<string>) {
  shown = []
  const credentials: Secrets = { read: async () => read, refresh }
  const now = (): number => 0
  const dialer = makeDialer({ resolve: () => Promise.reject(new Error('not looked up')), now })
  return httpUpstream({ credentials, dialer, log: () => undefined, now })
}

const gone = (): Promise<string> => Promise.reject(new Refusal('provider_unreachable', { message: 'gone' }))

test('a secret that was rotated a moment ago is read again, and the request sent once more, whole', async () => {
  const answer = await upstreamWith('old', async () => 'new').send(callTo(provider()))
  expect([answer.status, shown]).toEqual([200, ['Bearer old', 'Bearer new']])
})

test('a rotation in the midst of many requests drops none', async () => {
  shown = []
  const rotating = outgoing({ secrets: ['old', 'new'] })
  const answers = await Promise.all(Array.from({ length: 50 }, () => rotating.outcome(provider())))
  expect(new Set(answers)).toEqual(new Set([200]))
})

test('a 401 for a secret that has not changed is the answer, with its body', async () => {
  const answer = await upstreamWith('old', async () => 'old').send(callTo(provider()))
  expect([answer.status, shown]).toEqual([401, ['Bearer old']])
  expect(await new Response(answer.body).json()).toEqual({ error: {} })
})

test('a new secret that is wrong, too, is not followed by a third attempt', async () => {
  const answer = await upstreamWith('old', async () => 'older').send(callTo(provider()))
  expect([answer.status, shown]).toEqual([401, ['Bearer old', 'Bearer older']])
})

test('where the secret cannot be read again, the 401 stands', async () => {
  expect((await upstreamWith('old', gone).send(callTo(provider()))).status).toBe(401)
})

test('a 403 is no reason to read a secret again, nor is a 401 for none', async () => {
  expect((await upstreamWith('old', async () => 'new').send(callTo(provider(403)))).status).toBe(403)
  expect(shown).toEqual(['Bearer old'])
  const anonymous = providerAt(provider().url)
  expect((await upstreamWith('old', async () => 'new').send(callTo(anonymous))).status).toBe(401)
  expect(shown).toEqual([null])
})

test('where the reading cannot be recorded, nothing more is sent', async () => {
  const unrecorded = (): Promise<string> => Promise.reject(new Refusal('audit_unavailable', { message: 'full' }))
  const asked = outcomeOf(() => upstreamWith('old', unrecorded).send(callTo(provider())))
  expect([await asked, shown]).toEqual(['audit_unavailable', ['Bearer old']])
})
