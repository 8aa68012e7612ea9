import { expect, test } from 'bun:test'
import { answerHeaders } from './answer-headers.ts'

test('only what is listed passes, and an answer is never cached', () => {
  const from = new Headers({
    'content-type': 'text/html',
    'content-length': '7',
    'content-encoding': 'gzip',
    'transfer-encoding': 'chunked',
    'cache-control': 'public',
    'set-cookie': 'a=b',
    server: 'x',
    'openai-organization': 'org',
    'cf-ray': 'x',
    'x-request-id': 'req_1',
    'openai-processing-ms': '12',
    'retry-after': '3',
    'x-ratelimit-remaining-tokens': '9',
    'access-control-allow-origin': '*',
    'strict-transport-security': 'max-age=1',
    location: 'http://x',
  })
  expect(answerHeaders(from, 'application/json')).toEqual({
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-request-id': 'req_1',
    'openai-processing-ms': '12',
    'retry-after': '3',
    'x-ratelimit-remaining-tokens': '9',
  })
})

test('a long value is left out', () => {
  const from = new Headers({ 'x-request-id': 'x'.repeat(257), 'openai-version': 'x'.repeat(256) })
  expect(Object.keys(answerHeaders(from, 't'))).toEqual(['content-type', 'cache-control', 'openai-version'])
})
