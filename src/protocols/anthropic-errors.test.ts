import { expect, test } from 'bun:test'
import { type Reason, Refusal } from '#access/refusal.ts'
import { anthropicInterruption, anthropicRefusal } from './anthropic-errors.ts'

const of = (reason: Reason, message = 'Why not.', field?: string): Refusal =>
  new Refusal(reason, { message, ...(field === undefined ? {} : { field }), cause: new Error('inside') })

test.each([
  ['malformed_request', 400, 'invalid_request_error'],
  ['unauthenticated', 401, 'authentication_error'],
  ['not_permitted', 403, 'permission_error'],
  ['model_not_found', 404, 'not_found_error'],
  ['method_not_allowed', 405, 'invalid_request_error'],
  ['request_timeout', 408, 'invalid_request_error'],
  ['body_too_large', 413, 'request_too_large'],
  ['unsupported_media_type', 415, 'invalid_request_error'],
  ['provider_limited', 429, 'rate_limit_error'],
  ['internal', 500, 'api_error'],
  ['provider_failed', 502, 'api_error'],
  ['audit_unavailable', 503, 'overloaded_error'],
  ['provider_timeout', 504, 'timeout_error'],
] as const)('%s is %d %s', async (reason, status, type) => {
  const response = anthropicRefusal(of(reason), 'EX')
  expect(response.status).toBe(status)
  expect(response.headers.get('request-id')).toBe('EX')
  const body = (await response.json()) as { readonly error: Readonly<Record<string, unknown>> }
  expect(body).toMatchObject({ type: 'error', request_id: 'EX', error: { type, code: reason } })
  expect(body.error['message']).toContain('EX')
  expect(JSON.stringify(body)).not.toContain('inside')
})

test('a field is named once, and a denial says how to learn more', async () => {
  expect(await anthropicRefusal(of('invalid_field', '`top_k` must be 1.', 'top_k'), 'EX').json()).toEqual({
    type: 'error',
    error: { type: 'invalid_request_error', message: '`top_k` must be 1. (exchange EX)', code: 'invalid_field' },
    request_id: 'EX',
  })
  expect(await anthropicRefusal(of('invalid_field', 'It must be 1.', 'top_k'), 'EX').json()).toMatchObject({
    error: { message: 'It must be 1. (field `top_k`, exchange EX)' },
  })
  expect(await anthropicRefusal(of('not_permitted', 'Not permitted: ask the ward.'), 'EX').json()).toEqual({
    type: 'error',
    error: {
      type: 'permission_error',
      message: 'Not permitted: ask the ward. Why: sallyport explain EX',
      code: 'not_permitted',
    },
    request_id: 'EX',
  })
})

test('a no to a thread is told as the one that the official client goes on without', async () => {
  const details = { error_code: 'thread_unsupported_request', unsupported: ['thread'] }
  const denied = of('not_permitted', 'Not permitted.', 'thread')
  expect(await anthropicRefusal(denied, 'EX').json()).toMatchObject({ error: { details } })
  const continued = of('not_permitted', 'Not permitted.', 'thread.previous_message_id')
  expect(await anthropicRefusal(continued, 'EX').json()).toMatchObject({ error: { details } })
  const other = (await anthropicRefusal(of('not_permitted', 'No.', 'threadbare'), 'EX').json()) as { error: object }
  expect(Object.keys(other.error)).toEqual(['type', 'message', 'code'])
})

test('a thread that is not the caller’s is told as one that the official client begins again', async () => {
  const lost = of('not_found', 'Nothing of yours.', 'thread.previous_message_id')
  expect(await anthropicRefusal(lost, 'EX').json()).toEqual({
    type: 'error',
    error: {
      type: 'not_found_error',
      message: 'Nothing of yours. (field `thread.previous_message_id`, exchange EX)',
      code: 'not_found',
      details: { error_code: 'thread_not_found' },
    },
    request_id: 'EX',
  })
})

test('in a stream it is one event, and no end', () => {
  expect(new TextDecoder().decode(anthropicInterruption(of('provider_failed', 'It\nbroke.'), 'EX'))).toBe(
    'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"It\\nbroke. (exchange EX)","code":"provider_failed"},"request_id":"EX"}\n\n',
  )
})
