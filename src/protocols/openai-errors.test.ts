import { expect, test } from 'bun:test'
import { type Reason, Refusal } from '#access/refusal.ts'
import { openAiInterruption, openAiRefusal } from './openai-errors.ts'
import { problem } from './problem.ts'

const of = (reason: Reason, message = 'Why not.', field?: string): Refusal =>
  new Refusal(reason, { message, ...(field === undefined ? {} : { field }), cause: new Error('inside') })

test.each([
  ['malformed_request', 400, 'invalid_request_error'],
  ['unauthenticated', 401, 'authentication_error'],
  ['ambiguous_proof', 401, 'authentication_error'],
  ['not_permitted', 403, 'permission_error'],
  ['model_not_found', 404, 'invalid_request_error'],
  ['method_not_allowed', 405, 'invalid_request_error'],
  ['request_timeout', 408, 'invalid_request_error'],
  ['body_too_large', 413, 'invalid_request_error'],
  ['unsupported_media_type', 415, 'invalid_request_error'],
  ['provider_limited', 429, 'rate_limit_error'],
  ['internal', 500, 'server_error'],
  ['provider_failed', 502, 'server_error'],
  ['audit_unavailable', 503, 'server_error'],
  ['provider_timeout', 504, 'server_error'],
] as const)('%s is %d %s', async (reason, status, type) => {
  const response = openAiRefusal(of(reason), 'EX')
  expect(response.status).toBe(status)
  const body = (await response.json()) as { readonly error: Readonly<Record<string, unknown>> }
  expect(body.error).toMatchObject({ type, param: null, code: reason })
  expect(body.error['message']).toContain('EX')
  expect(JSON.stringify(body)).not.toContain('inside')
})

test('a field is named, and a denial says how to learn more', async () => {
  expect(await openAiRefusal(of('invalid_field', '`n` must be 1.', 'n'), 'EX').json()).toEqual({
    error: {
      message: '`n` must be 1. (exchange EX)',
      type: 'invalid_request_error',
      param: 'n',
      code: 'invalid_field',
    },
  })
  expect(await openAiRefusal(of('not_permitted', 'Not permitted: ask the ward.'), 'EX').json()).toMatchObject({
    error: { message: 'Not permitted: ask the ward. Why: sallyport explain EX' },
  })
})

test('in a stream it is one event, and no end', () => {
  expect(new TextDecoder().decode(openAiInterruption(of('provider_failed', 'It\nbroke.'), 'EX'))).toBe(
    'data: {"error":{"message":"It\\nbroke. (exchange EX)","type":"server_error","param":null,"code":"provider_failed"}}\n\n',
  )
})

test('elsewhere it is problem details', async () => {
  const response = problem(of('not_found', 'No exchange of yours has this id.'), 'EX')
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect(await response.json()).toEqual({
    type: 'urn:sallyport:problem:not_found',
    status: 404,
    title: 'Not found',
    detail: 'No exchange of yours has this id.',
    instance: 'urn:sallyport:exchange:EX',
  })
  expect(await problem(of('invalid_field', 'Wrong.', 'query'), 'EX').json()).toMatchObject({
    status: 400,
    errors: [{ pointer: 'query', detail: 'Wrong.' }],
  })
})
