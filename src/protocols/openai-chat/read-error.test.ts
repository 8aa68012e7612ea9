import { expect, test } from 'bun:test'
import { readError } from './read-error.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const read = (text: string): unknown => {
  const error = readError(bytes(text), (message) => `told: ${message}`)
  return error && JSON.parse(new TextDecoder().decode(error))
}

test('an error keeps its words and its told message, and nothing else', () => {
  const body = {
    error: {
      message: 'too long',
      type: 'invalid_request_error',
      param: 'messages[0].content',
      code: 'c-1',
      metadata: { raw: 'rack-9' },
    },
    id: 'x',
  }
  expect(read(JSON.stringify(body))).toEqual({
    error: { message: 'told: too long', type: 'invalid_request_error', param: 'messages[0].content', code: 'c-1' },
  })
})

test('what should be a word and is prose, or no text, is left out', () => {
  expect(read('{"error":{"message":"m","type":"see rack-9 at 10.0.0.5","param":{"a":1},"code":429}}')).toEqual({
    error: { message: 'told: m', type: null, param: null, code: null },
  })
})

test.each(['', '<html>', '[]', '{"error":"x"}', '{"error":{}}', '{"detail":"x"}', '{"error":{"message":7}}'])(
  '%p is in no known shape',
  (body) => {
    expect(read(body)).toBeUndefined()
  },
)
