import { describe, expect, test } from 'bun:test'
import type { SendWish } from './wish.ts'
import { amountsOf, forecastOf } from './limits-amounts.ts'

interface Asked {
  readonly parameters?: Readonly<Record<string, bigint | string>>
  readonly reasons?: boolean
  readonly charges?: 'input' | 'nothing'
  readonly bodiless?: true
  readonly streaming?: boolean
  readonly hosted?: readonly string[]
  readonly prompts?: number
}

function wishFor({
  parameters = {},
  reasons,
  charges,
  bodiless,
  streaming = false,
  hosted = [],
  prompts,
}: Asked): SendWish {
  return {
    reading: {
      acts: [],
      inputTokens: 99.5,
      streaming,
      hosted,
      ...(reasons && { reasons }),
      ...(prompts !== undefined && { prompts }),
      parametersUnder: () => parameters,
    },
    model: { limits: {} },
    protocol: { ...(charges && { charges }) },
    ...(bodiless && { bodiless }),
  } as unknown as SendWish
}

const PRICE = { input: 2, cacheWrite: 3, cached: 1, output: 10, reasoning: 12, tools: new Map([['web_search', 0.01]]) }

const amountsFor = (asked: Asked) => amountsOf(forecastOf(wishFor(asked)), PRICE)

describe('what a request may take', () => {
  test('is its input and the most that it lets the model answer, at the dearest', () => {
    expect(amountsFor({ parameters: { max_output_tokens: 400n } })).toEqual({
      requests: { least: 1, wanted: 1 },
      tokens: { least: 500, wanted: 500 },
      spend: { least: 5_100, wanted: 5_100 },
    })
  })

  test('is as many answers as it asks for', () => {
    expect(amountsFor({ parameters: { max_output_tokens: 400n, n: 3n } }).tokens).toEqual({
      least: 1_300,
      wanted: 1_300,
    })
    expect(amountsFor({ parameters: { n: 2n } }).tokens).toEqual({ least: 102, wanted: 8_292 })
  })

  test('is as many answers to each of its prompts', () => {
    const parameters = { max_output_tokens: 400n, n: 3n }
    expect(amountsFor({ parameters, prompts: 2 }).tokens).toEqual({ least: 2_500, wanted: 2_500 })
    expect(amountsFor({ prompts: 2 }).tokens).toEqual({ least: 102, wanted: 8_292 })
    expect(amountsFor({ parameters, prompts: 2, charges: 'input' }).tokens).toEqual({ least: 100, wanted: 100 })
  })

  test('is 4,096 tokens of answer where nobody says, or what is left', () => {
    expect(amountsFor({}).tokens).toEqual({ least: 101, wanted: 4_196 })
  })

  test('is a stream, and a call of each of the provider’s tools, where it asks for that', () => {
    const amounts = amountsFor({
      streaming: true,
      hosted: ['web_search', 'mcp'],
      parameters: { max_output_tokens: 0n },
    })
    expect(amounts.streams).toEqual({ least: 1, wanted: 1 })
    expect(amounts['tool-calls']).toEqual({ least: 2, wanted: 2 })
    // What has no price cannot be reserved: it is unpriced.
    expect(amounts.spend).toEqual({ least: 10_300, wanted: 10_300 })
  })

  test('is no answer where there is none, and nothing but a request where nothing is charged for', () => {
    expect(amountsFor({ charges: 'input' }).tokens).toEqual({ least: 100, wanted: 100 })
    expect(amountsFor({ charges: 'nothing' })).toEqual({ requests: { least: 1, wanted: 1 } })
    expect(amountsFor({ bodiless: true })).toEqual({ requests: { least: 1, wanted: 1 } })
  })

  test('is a number that can be counted, whatever is asked for', () => {
    const most = 9_223_372_036_854_775_807n
    const { tokens, spend } = amountsFor({ parameters: { max_output_tokens: most, n: most } })
    expect(Number.isSafeInteger(tokens?.wanted)).toBe(true)
    expect(Number.isSafeInteger(spend?.wanted)).toBe(true)
  })
})

test('a model may think unseen where the request, or what the bundle makes of it, asks for it', () => {
  const mayReason = (asked: Asked) => forecastOf(wishFor(asked)).mayReason
  expect(mayReason({})).toBe(false)
  expect(mayReason({ reasons: true })).toBe(true)
  expect(mayReason({ parameters: { reasoning_effort: 'low' } })).toBe(true)
  expect(mayReason({ parameters: { reasoning_effort: 'none' } })).toBe(false)
})
