import { expect, test } from 'bun:test'
import { Refusal } from '#access/refusal.ts'
import { routeOf, unknownRoute } from './routes.ts'

test('what is served, and by which method', () => {
  const shown = (path: string) => {
    const route = routeOf(path)
    return route.kind === 'unknown' ? 'unknown' : `${route.method} ${route.kind} ${route.action} ${route.name}`
  }
  expect(shown('/v1/chat/completions')).toBe('POST send infer /v1/chat/completions')
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
  '/v1/embeddings',
  '/healthz',
])('%j is nothing', (path) => {
  expect(routeOf(path).kind).toBe('unknown')
})

test('whoever speaks to /v1/ is refused in its protocol, others in problem details', async () => {
  const no = new Refusal('not_found', { message: 'Nothing is served here.' })
  const asOpenAi = await unknownRoute('/v1/embeddings').refuse(no, 'id').json()
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
