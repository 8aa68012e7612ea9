import { expect, test } from 'bun:test'
import { loadClinic, printed, settingsWith, soundClinic } from './clinic-fixture.ts'

const withPrice = (price: string) => settingsWith(['[demo/small]', `[demo/small], price: ${price}`])

const faults = async (price: string): Promise<readonly string[]> =>
  printed(await loadClinic(withPrice(price))).map((line) => line.replace('sallyport.yaml:', ''))

test('a price is read with all that it may say', async () => {
  const { config } = await soundClinic(
    withPrice(
      '{ input: 0.25, cached: 0.025, cache-write: 0.3125, output: 2, reasoning: 3.5, tools: { web_search: 0.01, other: 0.000001 } }',
    ),
  )
  expect(config.models.get('clinic-small')?.price).toEqual({
    input: 0.25,
    output: 2,
    cached: 0.025,
    cacheWrite: 0.3125,
    reasoning: 3.5,
    tools: new Map([
      ['web_search', 0.01],
      ['other', 0.000001],
    ]),
  })
})

test('what is free says so; a model without a price has none', async () => {
  const { config } = await soundClinic(withPrice('{ input: 0, output: 0 }'))
  expect(config.models.get('clinic-small')?.price).toEqual({ input: 0, output: 0 })
  expect(config.models.get('clinic-large')).not.toHaveProperty('price')
})

const FIX = 'Write a plain number with at most six decimals, without a currency: 0.25.'

test.each([
  ['{ input: 1 }', '12:61 models.clinic-small.price: lacks `output` | Add `output: …`.'],
  ['{ input: 1, outptu: 2 }', '12:73 models.clinic-small.price.outptu: is not a known key | Did you mean output?'],
  [
    '{ input: -1, output: 2 }',
    `12:70 models.clinic-small.price.input: must be US dollars from 0 to 1000000, but is "-1" | ${FIX}`,
  ],
  [
    '{ input: 1e3, output: 2 }',
    `12:70 models.clinic-small.price.input: must be US dollars from 0 to 1000000, but is "1e3" | ${FIX}`,
  ],
  [
    '{ input: 0.0000001, output: 2 }',
    `12:70 models.clinic-small.price.input: must be US dollars from 0 to 1000000, but is "0.0000001" | ${FIX}`,
  ],
  [
    '{ input: 2000000, output: 2 }',
    `12:70 models.clinic-small.price.input: must be US dollars from 0 to 1000000, but is "2000000" | ${FIX}`,
  ],
  [
    '{ input: 1 USD, output: 2 }',
    `12:70 models.clinic-small.price.input: must be US dollars from 0 to 1000000, but is "1 USD" | ${FIX}`,
  ],
  ['{ input: 1, output: [] }', `12:81 models.clinic-small.price.output: must be US dollars from 0 to 1000000 | ${FIX}`],
  [
    '{ input: 1, output: 2, tools: { web_search: much } }',
    `12:105 models.clinic-small.price.tools.web_search: must be US dollars from 0 to 1000000, but is "much" | ${FIX}`,
  ],
  [
    '{ input: 1, output: 2, tools: { web_serch: 0.5 } }',
    '12:93 models.clinic-small.price.tools.web_serch: is not a tool that is counted by that name | Did you mean web_search?',
  ],
  [
    '{ input: 1, output: 2, tools: { x_crawler: 0.5 } }',
    '12:93 models.clinic-small.price.tools.x_crawler: is not a tool that is counted by that name | Any tool that is not known here is `other`.',
  ],
  [
    '{ input: 1, output: 2, tools: { web_search_20250305: 0.5 } }',
    '12:93 models.clinic-small.price.tools.web_search_20250305: is not a tool that is counted by that name | Any tool that is not known here is `other`.',
  ],
])('the price %s is refused', async (price, line) => {
  expect(await faults(price)).toEqual([line])
})
