import { describe, expect, test } from 'bun:test'
import { Refusal } from '#access/refusal.ts'
import { anthropicRefusal } from './anthropic-errors.ts'
import { anthropicLimitHeaders, openAiLimitHeaders } from './limit-headers.ts'
import { openAiRefusal } from './openai-errors.ts'

const NOW = Date.parse('2026-11-21T15:36:10.250Z')
const LEFT = [
  { measure: 'requests', most: 120, left: 7, resets: NOW + 49_750 },
  { measure: 'tokens', most: 1_000_000, left: 12, resets: NOW + 30_229_750 },
  { measure: 'spend', most: 5, left: 1, resets: NOW },
] as const

test('OpenAI’s say how long it takes', () => {
  expect(openAiLimitHeaders(LEFT, NOW)).toEqual({
    'x-ratelimit-limit-requests': '120',
    'x-ratelimit-remaining-requests': '7',
    'x-ratelimit-reset-requests': '50s',
    'x-ratelimit-limit-tokens': '1000000',
    'x-ratelimit-remaining-tokens': '12',
    'x-ratelimit-reset-tokens': '8h23m50s',
  })
  expect(openAiLimitHeaders([{ ...LEFT[0], resets: NOW + 90_000 }], NOW)['x-ratelimit-reset-requests']).toBe('1m30s')
})

test('Anthropic’s say when it is', () => {
  expect(anthropicLimitHeaders(LEFT)).toEqual({
    'anthropic-ratelimit-requests-limit': '120',
    'anthropic-ratelimit-requests-remaining': '7',
    'anthropic-ratelimit-requests-reset': '2026-11-21T15:37:00Z',
    'anthropic-ratelimit-tokens-limit': '1000000',
    'anthropic-ratelimit-tokens-remaining': '12',
    'anthropic-ratelimit-tokens-reset': '2026-11-22T00:00:00Z',
  })
})

describe('who is refused for long is told not to try again', () => {
  const refusal = (retryAfter: number | undefined, resets: number | undefined) =>
    new Refusal('limit_reached', {
      message: 'used up',
      ...(retryAfter === undefined ? {} : { retryAfter }),
      limit: { name: 'n', whose: 'w', measure: 'requests', most: 5, left: 0, resets },
    })
  const shouldRetry = (told: Refusal) =>
    [openAiRefusal, anthropicRefusal].map((refuse) => refuse(told, 'X').headers.get('x-should-retry'))

  test('but not for up to a minute', () => {
    expect(shouldRetry(refusal(60, NOW + 60_000))).toEqual([null, null])
    expect(shouldRetry(refusal(61, NOW + 61_000))).toEqual(['false', 'false'])
    expect(shouldRetry(refusal(undefined, undefined))).toEqual(['false', 'false'])
  })

  test('with what is left, in the protocol’s own names', () => {
    const { headers } = openAiRefusal(refusal(75, NOW + 75_000), 'X')
    expect(headers.get('x-ratelimit-remaining-requests')).toBe('0')
    expect(headers.get('x-ratelimit-reset-requests')).toBe('1m15s')
    const other = anthropicRefusal(refusal(75, NOW + 75_000), 'X').headers
    expect(other.get('anthropic-ratelimit-requests-limit')).toBe('5')
  })

  test('and nothing of it stands in a refusal of anything else', () => {
    const other = openAiRefusal(new Refusal('too_many_attempts', { message: 'no', retryAfter: 900 }), 'X')
    expect(other.headers.get('x-should-retry')).toBeNull()
  })
})
