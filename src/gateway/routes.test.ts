import { expect, test } from 'bun:test'
import { Refusal } from '#access/refusal.ts'
import { routeOf as routeOfRequest, unknownRoute } from './routes.ts'

const routeOf = (path: string, { method = 'GET', anthropic = false } = {}) =>
  routeOfRequest({ path, method, anthropic })

test('what is served, and by which method', () => {
  const shown = (path: string, asked: { method?: string; anthropic?: boolean } = {}) => {
    const route = routeOf(path, asked)
    return route.kind === 'unknown' ? 'unknown' : `${route.method} ${route.kind} ${route.action} ${route.name}`
  }
  expect(shown('/v1/chat/completions')).toBe('POST send infer /v1/chat/completions')
  expect(shown('/v1/responses')).toBe('POST send infer /v1/responses')
  expect(shown('/v1/responses/input_tokens')).toBe('POST send infer /v1/responses/input_tokens')
  expect(shown('/v1/responses/compact')).toBe('POST send infer /v1/responses/compact')
  expect(shown('/v1/completions')).toBe('POST send infer /v1/completions')
  expect(shown('/v1/embeddings')).toBe('POST send embed /v1/embeddings')
  expect(shown('/v1/moderations')).toBe('POST send infer /v1/moderations')
  expect(shown('/v1/messages')).toBe('POST send infer /v1/messages')
  expect(shown('/anthropic/v1/messages/count_tokens')).toBe('POST send infer /anthropic/v1/messages/count_tokens')
  expect(shown('/v1/responses/resp_1')).toBe('GET stored use-stored /v1/responses/<id>')
  expect(shown('/v1/responses/resp_1', { method: 'DELETE' })).toBe('DELETE stored use-stored /v1/responses/<id>')
  expect(shown('/v1/responses/resp_1/cancel', { method: 'POST' })).toBe(
    'POST stored use-stored /v1/responses/<id>/cancel',
  )
  expect(shown('/v1/responses/resp_1/input_items')).toBe('GET stored use-stored /v1/responses/<id>/input_items')
  expect(shown('/v1/models')).toBe('GET models list /v1/models')
  expect(shown('/v1/models/clinic-small')).toBe('GET model list /v1/models/<name>')
  expect(shown('/v1/exchanges/01ARZ3NDEKTSV4RRFFQ69G5FAV')).toBe('GET exchange read /v1/exchanges/<id>')
})

test.each([
  '',
  '/',
  '/v1',
  '/v1/',
  '//v1/models',
  '/v1/models/',
  '/v1/models/a/b',
  '/v1/models/a%2fb',
  '/v1/models/a b',
  '/v1/models/ä',
  `/v1/models/${'a'.repeat(201)}`,
  '/v1/chat/completions/',
  '/v1/chat/completions;x',
  '/V1/models',
  '/v1/exchanges/',
  '/v1/exchanges/01ARZ3NDEKTSV4RRFFQ69G5FA',
  '/v1/exchanges/01ARZ3NDEKTSV4RRFFQ69G5FAU',
  '/v1/exchanges/01ARZ3NDEKTSV4RRFFQ69G5FAV/x',
  '/v1/embeddings/',
  '/v1/responses/',
  '/v1/responses/a/b',
  '/v1/responses/resp_1/cancel/',
  '/v1/responses/a.b',
  '/anthropic',
  '/anthropic/v1/chat/completions',
  '/anthropic//v1/messages',
  '/healthz',
])('%j is nothing', (path) => {
  expect(routeOf(path).kind).toBe('unknown')
})

test('whoever speaks to /v1/ is refused in its protocol, others in problem details', async () => {
  const no = new Refusal('not_found', { message: 'Nothing is served here.' })
  const asOpenAi = await unknownRoute('/v1/nothing').refuse(no, 'id').json()
  expect(asOpenAi).toEqual({
    error: {
      message: 'Nothing is served here. (exchange id)',
      type: 'invalid_request_error',
      param: null,
      code: 'not_found',
    },
  })
  expect(await unknownRoute('/x').refuse(no, 'id').json()).toMatchObject({ status: 404, title: 'Not found' })
})

test('whoever speaks to Anthropic routes is refused in that shape, and the list of models has the shape of who asks', async () => {
  const no = new Refusal('not_found', { message: 'Nothing is served here.' })
  for (const path of ['/anthropic/v1/nothing', '/v1/messages/batches']) {
    expect(await unknownRoute(path).refuse(no, 'id').json()).toMatchObject({
      type: 'error',
      error: { type: 'not_found_error' },
    })
  }
  expect(await unknownRoute('/v1/files', true).refuse(no, 'id').json()).toMatchObject({ type: 'error' })
  expect(routeOf('/v1/models')).toMatchObject({ shape: 'openai' })
  expect(routeOf('/v1/models', { anthropic: true })).toMatchObject({ shape: 'anthropic' })
  expect(routeOf('/anthropic/v1/models')).toMatchObject({ shape: 'anthropic' })
  expect(routeOf('/anthropic/v1/models/claude-clinic')).toMatchObject({ shape: 'anthropic', model: 'claude-clinic' })
})

test.each([
  ['/v1/files', 'Not served here: files (/v1/files).'],
  ['/v1/files/file-1/content', 'Not served here: files (/v1/files).'],
  ['/v1/batches', 'Not served here: batches (/v1/batches).'],
  ['/v1/messages/batches', 'Not served here: message batches (/v1/messages/batches).'],
  ['/anthropic/v1/messages/batches/1', 'Not served here: message batches (/v1/messages/batches).'],
  ['/v1/audio/speech', 'Not served here: speech and transcription (/v1/audio).'],
  ['/v1/images/generations', 'Not served here: images (/v1/images).'],
  ['/v1/realtime', 'Not served here: realtime sessions (/v1/realtime).'],
  ['/v1/conversations/conv_1', 'Not served here: conversations (/v1/conversations).'],
  ['/v1/chat/completions/chatcmpl-1', 'Not served here: stored chat completions (/v1/chat/completions).'],
])('%s is refused by its name, with what to do', (path, begins) => {
  const { told } = unknownRoute(path)
  expect(told).toStartWith(begins)
  expect(told?.slice(begins.length).trim()).toMatch(/^[A-Z].{15,}\.$/)
})

test('a base URL that lacks its version, or has it twice, is named', () => {
  expect(unknownRoute('/chat/completions').told).toContain('add `/v1`')
  expect(unknownRoute('/v1/v1/messages').told).toContain('leave `/v1` out')
  expect(unknownRoute('/chat').told).toBeUndefined()
})

test('a path that no client knows is not repeated', () => {
  expect(unknownRoute('/v1/filesystem').told).toBeUndefined()
  expect(unknownRoute('/x').told).toBeUndefined()
})
