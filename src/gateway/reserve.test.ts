import { describe, expect, test } from 'bun:test'
import type { Price } from '#access/limit.ts'
import type { Usage } from '#access/usage.ts'
import type { Account } from './exchange.ts'
import type { Inspection } from './inspection.ts'
import type { Used } from './limits.ts'
import type { Forecast } from './metered.ts'
import { settleUsage } from './reserve.ts'

const PRICE: Price = { input: 1, output: 10, tools: new Map([['web_search', 0.01]]) }
const FORECAST: Forecast = {
  input: 100,
  output: { least: 400, most: 400 },
  tools: [],
  tellsNoCalls: false,
  charges: undefined,
  streaming: false,
  isBackground: false,
  mayReason: false,
}

interface Scene {
  readonly forecast?: Partial<Forecast>
  readonly price?: Price | undefined
  /** Status of each attempt. */
  readonly attempts?: readonly number[]
  readonly told?: Usage
  /** Of a whole answer that was not passed on. */
  readonly read?: Usage
  /** Bytes that the model said; null where nobody looked at its answer. */
  readonly said?: number | null
  /** Why the last attempt was cut. */
  readonly cut?: string
  readonly ended?: 'complete' | 'caller-gone' | 'refused' | 'upstream-failed'
  readonly reason?: string
  readonly came?: 'finished' | 'counted'
}

function settled(scene: Scene) {
  const { forecast, attempts = [200], told, read, said = 0, cut, ended = 'complete', reason, came: far } = scene
  const seen: (Used | 'cancelled')[] = []
  const log: string[] = []
  const account = {
    attempts: attempts.map((status) => ({ target: 't', status, us: 1, error: status === 0 ? cut : undefined })),
    ...(said !== null && {
      answer: { said: () => said, check: () => ({ coverage: { of: said } }) } as unknown as Inspection,
    }),
    metered: {
      reservation: {
        left: [],
        settle: (used: Used) => void seen.push(used),
        cancel: () => void seen.push('cancelled'),
      },
      model: 'fast',
      price: 'price' in scene ? scene.price : PRICE,
      forecast: { ...FORECAST, ...forecast },
      ...(read && { usage: read }),
      ...(far && { came: far }),
    },
  } as unknown as Account
  const clock = { now: () => 0, monotonic: () => 0 }
  const parts = { clock, log: (line: string) => void log.push(line) } as unknown as Parameters<typeof settleUsage>[2]
  const outcome = { bytes: 0, ended, ...(told && { usage: told }), ...(reason !== undefined && { reason }) }
  const came = settleUsage(account, outcome, parts)
  expect(settleUsage(account, outcome, parts)).toEqual({})
  expect(seen.length).toBe(1)
  return { came, used: seen[0], log }
}

describe('what was used', () => {
  test('is what the provider told, at its price', () => {
    const { came, used } = settled({ told: { input: 30, output: 7 } })
    expect(came).toEqual({ usage: { input: 30, output: 7 }, cost: 100 })
    expect(used).toEqual({ tokens: 37, spend: 100, tools: {} })
  })

  test('is nothing where nothing was sent: it was never asked', () => {
    expect(settled({ attempts: [] })).toMatchObject({ came: {}, used: 'cancelled' })
  })

  test.each([[[0]], [[500]], [[429, 503]]])('is nothing where nobody answered: %j', (attempts) => {
    expect(settled({ attempts })).toMatchObject({ came: {}, used: { tokens: 0, spend: 0, tools: {} } })
  })

  test('is nothing where nothing is charged for, whatever is told', () => {
    const { came, used } = settled({ forecast: { charges: 'nothing' }, told: { input: 30, output: 7 } })
    expect([came, used]).toEqual([{}, { tokens: 0, spend: 0, tools: {} }])
  })

  test('is input alone where there is no output', () => {
    const { came } = settled({ forecast: { charges: 'input' }, told: { input: 30 } })
    expect(came).toEqual({ usage: { input: 30 }, cost: 30 })
  })

  test('counts though the answer was not passed on', () => {
    const { came } = settled({ read: { input: 30, output: 7 }, ended: 'refused' })
    expect(came).toEqual({ usage: { input: 30, output: 7 }, cost: 100 })
  })
})

describe('what nobody told is estimated, and says so', () => {
  const estimated = true as const
  test('by the bytes that the model said', () => {
    const { came } = settled({ forecast: { streaming: true }, said: 41, ended: 'caller-gone' })
    expect(came).toEqual({ usage: { input: 100, output: 11, estimated }, cost: 210 })
  })

  test('by no more than was reserved, and no less than was told before it ended', () => {
    const scene = { forecast: { streaming: true }, ended: 'caller-gone' } as const
    expect(settled({ ...scene, said: 999_999 }).came.usage).toEqual({ input: 100, output: 400, estimated })
    const told = { input: 30, output: 50 }
    expect(settled({ ...scene, said: 4, told }).came.usage).toEqual({ input: 30, output: 50, estimated })
  })

  test.each(['caller-gone', 'withdrawn', 'provider_timeout'])(
    'as all that was reserved, where we cut what was sent: %s',
    (cut) => {
      const scene = { attempts: [0], cut, said: null, ended: 'caller-gone' } as const
      const { came, used } = settled({ ...scene, forecast: { tools: ['web_search'] } })
      expect(came).toEqual({ usage: { input: 100, output: 400, tools: { web_search: 1 }, estimated }, cost: 14_100 })
      expect(used).toEqual({ tokens: 500, spend: 14_100, tools: { web_search: 1 } })
      expect(settled({ ...scene, forecast: { charges: 'input' } }).came.usage).toEqual({ input: 100, estimated })
      expect(settled({ ...scene, forecast: { charges: 'nothing' } }).came).toEqual({})
      expect(settled({ ...scene, attempts: [500, 0] }).used).toMatchObject({ tokens: 500 })
    },
  )

  test('as all that was reserved for each attempt of which we did not wait for the answer', () => {
    const scene = { cut: 'provider_timeout', forecast: { tools: ['web_search'] } } as const
    const both = settled({ ...scene, attempts: [0, 0], said: null, ended: 'upstream-failed' })
    expect(both.came.usage).toEqual({ input: 200, output: 800, tools: { web_search: 2 }, estimated })
    expect(both.used).toEqual({ tokens: 1_000, spend: 28_200, tools: { web_search: 2 } })
    const told = { input: 30, output: 7, cached: 20, tools: { web_search: 3 } }
    expect(settled({ ...scene, attempts: [0, 200], told }).came.usage).toEqual({
      input: 130,
      output: 407,
      cached: 20,
      tools: { web_search: 4 },
      estimated,
    })
    expect(settled({ ...scene, attempts: [0, 500] }).used).toMatchObject({ tokens: 500 })
  })

  test('as all that was reserved, where an answer stalled of which nothing had been heard', () => {
    const scene = { ended: 'upstream-failed', reason: 'provider_timeout' } as const
    const expected = { input: 100, output: 400, estimated }
    expect(settled({ ...scene, said: null }).came.usage).toEqual(expected)
    expect(settled({ ...scene, forecast: { streaming: true } }).came.usage).toEqual(expected)
    const begun = settled({ ...scene, forecast: { streaming: true }, said: 40 })
    expect(begun.came.usage).toEqual({ input: 100, output: 10, estimated })
  })

  test('as all that was reserved, where the caller left an answer of which nothing had been heard', () => {
    const expected = { input: 100, output: 400, estimated }
    expect(settled({ said: null, ended: 'caller-gone' }).came.usage).toEqual(expected)
    expect(settled({ forecast: { streaming: true }, ended: 'caller-gone' }).came.usage).toEqual(expected)
    // A provider that breaks off is no caller’s choice.
    expect(settled({ said: null, ended: 'refused' }).came.usage).toEqual({ input: 100, output: 0, estimated })
  })

  test('as all that was reserved, where the caller left a stream whose model may have thought unseen', () => {
    const scene = { forecast: { streaming: true, mayReason: true }, said: 41 } as const
    const expected = { input: 100, output: 400, estimated }
    expect(settled({ ...scene, ended: 'caller-gone' }).came.usage).toEqual(expected)
    expect(settled({ ...scene, ended: 'upstream-failed', reason: 'provider_timeout' }).came.usage).toEqual(expected)
    const priced = { ...PRICE, reasoning: 12 }
    const plain = { forecast: { streaming: true }, said: 41, ended: 'caller-gone' } as const
    expect(settled({ ...plain, price: priced }).came.usage).toEqual(expected)
    // Behind the last word there was only the count.
    expect(settled({ ...plain, came: 'finished' }).came.usage).toEqual(expected)
    const counted = settled({ ...scene, ended: 'caller-gone', came: 'counted', told: { input: 30, output: 70 } })
    expect(counted.came.usage).toEqual({ input: 30, output: 70, estimated })
    // All came, but for the count.
    expect(settled(scene).came.usage).toEqual({ input: 100, output: 11, estimated })
    // A provider that breaks off is no caller’s choice.
    expect(settled({ ...scene, ended: 'upstream-failed' }).came.usage).toEqual({ input: 100, output: 11, estimated })
  })

  test('as all that was reserved, where the provider works on in the background', () => {
    const { came, used } = settled({ forecast: { isBackground: true } })
    expect(came.usage).toEqual({ input: 100, output: 400, estimated })
    expect(used).toMatchObject({ tokens: 500 })
  })
})

describe('tools of the provider’s own', () => {
  test('cost what they cost', () => {
    const { came, used } = settled({ told: { input: 30, output: 7, tools: { web_search: 2 } } })
    expect(came.cost).toBe(20_100)
    expect(used).toMatchObject({ tools: { web_search: 2 } })
  })

  test('without a price are unpriced, and said to the operator; the rest counts', () => {
    const { came, used, log } = settled({ told: { input: 30, output: 7, tools: { mcp: 1 } } })
    expect(came.cost).toBe('unpriced')
    expect(used).toMatchObject({ spend: 100 })
    expect(log).toEqual([
      'model fast has no price for mcp: what it cost is recorded as unpriced, and no limit counts it',
    ])
  })

  test('count once each where the protocol does not tell of calls', () => {
    const { came } = settled({
      forecast: { tools: ['web_search'], tellsNoCalls: true },
      told: { input: 30, output: 7 },
    })
    expect(came).toEqual({ usage: { input: 30, output: 7, tools: { web_search: 1 } }, cost: 10_100 })
  })
})

test('a model without a price is unpriced, and nobody is told each time', () => {
  const { came, log } = settled({ price: undefined, told: { input: 30, output: 7 } })
  expect([came.cost, log]).toEqual(['unpriced', []])
})
