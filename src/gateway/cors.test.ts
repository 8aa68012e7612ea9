import { expect, test } from 'bun:test'
import { markForPages, preflight } from './cors.ts'

const PAGE = 'https://app.example'
const rules = (cors: readonly string[] = [PAGE], headers: readonly string[] = []) => ({
  listen: { cors },
  claimed: { headers, metadata: [] },
})

const ask = (headers: Record<string, string>, method = 'OPTIONS') =>
  new Request('https://gate.example/v1/chat/completions', { method, headers })

const posts = (method: string): string | undefined => (method === 'POST' || method === 'GET' ? 'POST' : undefined)

function marked(headers: Record<string, string>, { listen, claimed } = rules()): Record<string, string> {
  const response = new Response('', {
    headers: { 'x-sallyport-exchange': 'X', 'x-sallyport-target': 'T', 'content-type': 'a/b' },
  })
  markForPages(response, ask(headers, 'POST'), { listen, claimed })
  return Object.fromEntries([...response.headers].filter(([name]) => name.startsWith('access-') || name === 'vary'))
}

test('a page of a listed origin may read the answer and the headers of the gate', () => {
  expect(marked({ origin: PAGE })).toEqual({
    'access-control-allow-origin': PAGE,
    'access-control-expose-headers': 'x-sallyport-exchange, x-sallyport-target, x-request-id, retry-after',
    vary: 'Origin',
  })
})

test.each([
  ['null'],
  ['https://app.example.evil.example'],
  ['https://evil.example/https://app.example'],
  ['http://app.example'],
  ['https://app.example:8443'],
  ['https://APP.example'],
  ['https://app.example, https://evil.example'],
  ['https://app.example '.repeat(2)],
  ['*'],
])('of %p no page may, and caches are told that it depends', (origin) => {
  expect(marked({ origin })).toEqual({ vary: 'Origin' })
  expect(preflight(ask({ origin, 'access-control-request-method': 'POST' }), rules(), posts)).toBeUndefined()
})

test('a request of no page is marked for caches alone, and nothing at all without a list', () => {
  expect(marked({})).toEqual({ vary: 'Origin' })
  expect(marked({ origin: PAGE }, rules([]))).toEqual({})
})

test('a preflight names the method, and of the headers those that clients of these protocols send', () => {
  const wanted =
    'authorization,content-type, X-API-Key,anthropic-version,anthropic-beta,openai-organization,x-stainless-retry-count,' +
    'x-sallyport-user-token,x-purpose,cookie,x-forwarded-for,forwarded,client-cert,x-evil,openai-,openai_x,host'
  const headers = { origin: PAGE, 'access-control-request-method': 'POST', 'access-control-request-headers': wanted }
  const answer = preflight(ask(headers), rules([PAGE], ['x-purpose']), posts)
  expect(answer?.status).toBe(204)
  expect(Object.fromEntries(answer?.headers ?? [])).toEqual({
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers':
      'authorization, content-type, x-api-key, anthropic-version, anthropic-beta, openai-organization, x-stainless-retry-count, x-sallyport-user-token, x-purpose',
    'access-control-max-age': '600',
  })
})

test('a wrong method is told the right one, which the browser then refuses', () => {
  const answer = preflight(ask({ origin: PAGE, 'access-control-request-method': 'GET' }), rules(), posts)
  expect(answer?.headers.get('access-control-allow-methods')).toBe('POST')
})

test('what asks nothing, or for a route that is not there, is no preflight', () => {
  expect(preflight(ask({ origin: PAGE }), rules(), posts)).toBeUndefined()
  expect(preflight(ask({ origin: PAGE, 'access-control-request-method': 'BREW' }), rules(), posts)).toBeUndefined()
  expect(
    preflight(ask({ origin: PAGE, 'access-control-request-method': 'POST' }, 'POST'), rules(), posts),
  ).toBeUndefined()
  expect(preflight(ask({ origin: PAGE, 'access-control-request-method': 'POST' }), rules([]), posts)).toBeUndefined()
})

test('neither `*` nor credentials are ever allowed', () => {
  const headers = { origin: PAGE, 'access-control-request-method': 'POST', 'access-control-request-headers': '*' }
  const answer = preflight(ask(headers), rules(), posts)
  const text = JSON.stringify([...(answer?.headers ?? []), ...Object.entries(marked({ origin: PAGE }))])
  expect(text).not.toContain('*')
  expect(text).not.toContain('credentials')
})

test('a page may show a proof, and read what it needs for the next one', () => {
  const asked = { origin: PAGE, 'access-control-request-method': 'POST', 'access-control-request-headers': 'dpop' }
  expect(preflight(ask(asked), rules(), posts)?.headers.get('access-control-allow-headers')).toBe('dpop')
  const response = new Response('', { headers: { 'dpop-nonce': 'n', 'www-authenticate': 'DPoP' } })
  markForPages(response, ask({ origin: PAGE }, 'POST'), rules())
  expect(response.headers.get('access-control-expose-headers')).toBe(
    'dpop-nonce, www-authenticate, x-request-id, retry-after',
  )
})
