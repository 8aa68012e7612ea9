import { describe, expect, test } from 'bun:test'
import { Refusal } from '#access/refusal.ts'
import { readStoredQuery } from './stored-query.ts'
import { storedRequest, STORED } from './stored.ts'

const text = (from: Uint8Array): string => new TextDecoder().decode(from)

const refusalOf = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    if (error instanceof Refusal) return [error.reason, error.detail.field]
    throw error
  }
  return ['accepted']
}

describe('a query is an allow-list, and leaves written anew', () => {
  test.each([
    ['retrieve', '', { query: '', streaming: false }],
    [
      'retrieve',
      'include%5B%5D=reasoning.encrypted_content&include[]=message.output_text.logprobs&stream=false',
      {
        query: 'include%5B%5D=reasoning.encrypted_content&include%5B%5D=message.output_text.logprobs&stream=false',
        streaming: false,
      },
    ],
    [
      'retrieve',
      'include=a.b&include_obfuscation=true',
      { query: 'include%5B%5D=a.b&include_obfuscation=true', streaming: false },
    ],
    ['retrieve', 'stream=true&starting_after=41', { query: 'stream=true', streaming: true, startingAfter: 41 }],
    [
      'input-items',
      'after=msg_1&limit=100&order=asc&include[0]=a',
      { query: 'after=msg_1&limit=100&order=asc&include%5B%5D=a', streaming: false },
    ],
    ['delete', '', { query: '', streaming: false }],
    ['cancel', '', { query: '', streaming: false }],
  ] as const)('%s?%s', (operation, query, read) => {
    expect(readStoredQuery(operation, query)).toEqual(read)
  })

  test.each([
    ['retrieve', 'limit=5', 'unknown_field', 'limit'],
    ['retrieve', 'Stream=true', 'unknown_field', 'Stream'],
    ['retrieve', 'stream[]=true', 'unknown_field', 'stream[]'],
    ['retrieve', 'stream=1', 'invalid_field', 'stream'],
    ['retrieve', 'stream=true&stream=false', 'invalid_field', 'stream'],
    ['retrieve', 'starting_after=3', 'invalid_field', 'starting_after'],
    ['retrieve', 'stream=true&starting_after=-1', 'invalid_field', 'starting_after'],
    ['retrieve', 'include[]=a%26stream', 'invalid_field', 'include'],
    ['retrieve', 'include=a&'.repeat(17), 'invalid_field', 'include'],
    ['input-items', 'limit=101', 'invalid_field', 'limit'],
    ['input-items', 'after=../x', 'invalid_field', 'after'],
    ['input-items', 'order=up', 'invalid_field', 'order'],
    ['delete', 'force=true', 'unknown_field', 'force'],
    ['cancel', 'stream=true', 'unknown_field', 'stream'],
  ] as const)('%s?%s: %s at %s', (operation, query, reason, field) => {
    expect(refusalOf(() => readStoredQuery(operation, query))).toEqual([reason, field])
  })
})

test('each operation has its way and its method', () => {
  const asked = { id: 'resp_1', query: '', model: 'clinic' }
  expect(storedRequest('retrieve', asked).protocol.path).toBe('/responses/resp_1')
  expect(storedRequest('delete', asked).protocol.path).toBe('/responses/resp_1')
  expect(storedRequest('cancel', asked).protocol.path).toBe('/responses/resp_1/cancel')
  expect(storedRequest('input-items', { ...asked, query: 'limit=5' }).protocol.path).toBe(
    '/responses/resp_1/input_items?limit=5',
  )
  expect(Object.values(STORED).map(({ method }) => method)).toEqual(['GET', 'POST', 'DELETE', 'GET'])
  const { reading, protocol } = storedRequest('retrieve', { ...asked, query: 'stream=true' })
  expect([reading.model, reading.streaming, reading.acts, [...reading.texts()]]).toEqual(['clinic', true, [], []])
  expect(refusalOf(() => protocol.read(new Uint8Array(0), 9))).toEqual(['malformed_request', undefined])
})

describe('a stream that is taken up again', () => {
  const read = (query: string) => {
    const { protocol } = storedRequest('retrieve', { id: 'resp_1', query, model: 'clinic' })
    return protocol.readStream('clinic')
  }
  const delta = (sequence_number: number, delta: string) => ({
    data: JSON.stringify({
      type: 'response.output_text.delta',
      delta,
      output_index: 0,
      content_index: 0,
      sequence_number,
    }),
  })

  test('is read from its beginning, and passed on from where the caller was', () => {
    const next = read('stream=true&starting_after=1')
    const before = next(delta(1, 'AKIA'))
    const behind = next(delta(2, 'IOSFODNN7EXAMPLE'))
    expect([before, behind].map(({ texts }) => texts.find(({ lane }) => lane)?.value)).toEqual([
      'AKIA',
      'IOSFODNN7EXAMPLE',
    ])
    expect(text(before.compose([]))).toBe('')
    expect(text(behind.compose([]))).toContain('IOSFODNN7EXAMPLE')
    expect(text(next({ data: '' }).compose([]))).toBe('')
  })

  test('ends for whoever had its end before', () => {
    const last = { type: 'response.completed', response: { output: [] }, sequence_number: 9 }
    expect(text(read('stream=true&starting_after=9')({ data: JSON.stringify(last) }).compose([]))).not.toBe('')
  })
})
