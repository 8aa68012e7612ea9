import { expect, test } from 'bun:test'
import { readError } from './read-error.ts'
import { bytes, text } from './scene.fixture.ts'

const told = (body: string): unknown => {
  const rebuilt = readError(bytes(body), (message) => `<${message}>`)
  return rebuilt && (JSON.parse(text(rebuilt)) as unknown)
}

test('an error keeps its type and its message, and nothing that could hold more', () => {
  const body = JSON.stringify({
    type: 'error',
    error: { type: 'overloaded_error', message: 'Overloaded', account: 'org-1', details: null },
    request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy',
    debug: 'x',
  })
  expect(told(body)).toEqual({
    type: 'error',
    error: { type: 'overloaded_error', message: '<Overloaded>' },
    request_id: null,
  })
  expect(told('{"error":{"type":"AKIA1234","message":"m"}}')).toEqual({
    type: 'error',
    error: { type: 'api_error', message: '<m>' },
    request_id: null,
  })
})

test('what the client tries differently for is kept', () => {
  const details = { error_code: 'thread_unsupported_request', unsupported: ['fallbacks', 'A1', 3], other: 'x' }
  expect(told(JSON.stringify({ error: { type: 'invalid_request_error', message: 'm', details } }))).toEqual({
    type: 'error',
    error: {
      type: 'invalid_request_error',
      message: '<m>',
      details: { error_code: 'thread_unsupported_request', unsupported: ['fallbacks'] },
    },
    request_id: null,
  })
})

test.each([
  '',
  '{',
  '<html>',
  '[]',
  '{"error":"no"}',
  '{"error":{}}',
  '{"error":{"message":1}}',
  '{"error":{},"error":{}}',
])('%s is not of this shape', (body) => {
  expect(told(body)).toBeUndefined()
})
