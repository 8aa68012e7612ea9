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

test.each([
  'AKIAIOSFODNN7EXAMPLE',
  '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',
  'd41d8cd98f00b204e9800998ecf8427e',
  'correcthorsebatterystaplecorrect',
])('%s is no code, but perhaps a key', (code) => {
  const error = read(JSON.stringify({ error: { message: 'm', type: code, param: code, code } }))
  expect(error).toEqual({ error: { message: 'told: m', type: null, param: null, code: null } })
})

test.each([
  'invalid_request_error',
  'context_length_exceeded',
  'tools[12].function.name',
  'messages.[0].content',
  '429',
])('%s is a code or a field', (code) => {
  expect(read(JSON.stringify({ error: { message: 'm', code } }))).toMatchObject({ error: { code } })
})

test.each(['', '<html>', '[]', '{"error":"x"}', '{"error":{}}', '{"detail":"x"}', '{"error":{"message":7}}'])(
  '%p is in no known shape',
  (body) => {
    expect(read(body)).toBeUndefined()
  },
)
