import { describe, expect, test } from 'bun:test'
import { Refusal } from '#access/refusal.ts'
import { readAnswer, readStream } from './read-answer.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (from: Uint8Array): string => new TextDecoder().decode(from)
const event = (data: string) => ({ data })

const reasonOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof Refusal) return error.reason
    throw error
  }
  return 'accepted'
}

describe('a whole answer', () => {
  test('comes back byte for byte, with the name that the caller used', () => {
    const body =
      '{ "id":"x", "model":"harbor-large-2026", "choices":[{"index":0,"message":{"role":"assistant","content":"\\u0048i"}}], "big":12345678901234567890 ,"usage":{"prompt_tokens":3,"completion_tokens":4}}'
    const answer = readAnswer(bytes(body), 'clinic-large')
    expect(answer.made).toEqual([])
    expect(text(answer.compose([]))).toBe(body.replace('harbor-large-2026', 'clinic-large'))
    expect(answer.usage).toEqual({ input: 3, output: 4 })
  })

  test.each([
    ['{"error":{"message":"out of credit"},"choices":[]}', 'provider_failed'],
    ['{"choices":[{"message":{}}', 'provider_answer_invalid'],
    ['{"model":"m"}', 'provider_answer_invalid'],
    ['{"choices":[{"index":0}]}', 'provider_answer_invalid'],
    ['{"choices":[],"choices":[]}', 'provider_answer_invalid'],
    ['<html></html>', 'provider_answer_invalid'],
  ])('%s cannot be passed on', (body, reason) => {
    expect(reasonOf(() => readAnswer(bytes(body), 'm'))).toBe(reason)
  })

  test('an error of null is none', () => {
    expect(reasonOf(() => readAnswer(bytes('{"error":null,"choices":[]}'), 'm'))).toBe('accepted')
  })
})

describe('a stream', () => {
  test('each chunk leaves with the name that the caller used, and the last one is the end', () => {
    const read = readStream('clinic-small')
    const first = read(event('{"model":"h","choices":[{"delta":{"content":"Hi"}}]}'))
    expect(text(first.compose([]))).toBe('data: {"model":"clinic-small","choices":[{"delta":{"content":"Hi"}}]}\n\n')
    expect(first.done).toBe(false)
    const usage = read(event('{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}'))
    expect(usage.usage).toEqual({ input: 1, output: 2 })
    const end = read(event('[DONE]'))
    expect(text(end.compose([]))).toBe('data: [DONE]\n\n')
    expect(end.done).toBe(true)
  })

  test('an event of several data lines stays one event, and means the same', () => {
    const data = '{"model":"h",\n"choices":\n[{"delta":{"content":"a\\nb"}}]}'
    const read = readStream('m')({ data })
    expect(text(read.compose([]))).toBe('data: {"model":"m", "choices": [{"delta":{"content":"a\\nb"}}]}\n\n')
  })

  test('a line break inside of a text is no JSON', () => {
    const data = '{"choices":[{"delta":{"content":"a\nb"}}]}'
    expect(reasonOf(() => readStream('m')({ data }))).toBe('provider_answer_invalid')
  })

  test.each([
    ['{"error":{"message":"overloaded"}}', 'provider_failed'],
    ['{"choices":[{"message":{}}]}', 'provider_answer_invalid'],
    ['[DONE', 'provider_answer_invalid'],
    ['"text"', 'provider_answer_invalid'],
  ])('%s ends it', (data, reason) => {
    expect(reasonOf(() => readStream('m')(event(data)))).toBe(reason)
  })
})
