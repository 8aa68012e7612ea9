import { expect, test } from 'bun:test'
import { loadClinic, printed, settingsWith, soundClinic } from './clinic-fixture.ts'

const withParameters = (text: string) =>
  settingsWith(['use: [demo/small] }', `use: [demo/small], parameters: ${text} }`])

const limits = async (text: string) =>
  (await soundClinic(withParameters(text))).config.models.get('clinic-small')?.limits

const faults = async (text: string): Promise<readonly string[]> =>
  printed(await loadClinic(withParameters(text))).map((line) =>
    line.replace('sallyport.yaml:12:', '').replace('models.clinic-small.parameters', '@'),
  )

test('a model of which nothing is said has no limits', async () => {
  const { config } = await soundClinic(withParameters('{ temperature: { max: 1 } }'))
  expect(config.models.get('clinic-large')?.limits).toEqual({})
  expect(await limits('{}')).toEqual({})
})

test('each parameter is fixed, or has a most', async () => {
  expect(
    await limits(
      '{ max_output_tokens: { max: 4096 }, temperature: { fixed: 0.25 }, reasoning_effort: { max: medium } }',
    ),
  ).toEqual({ maxOutputTokens: { max: 4096 }, temperature: { fixed: 0.25 }, reasoningEffort: { max: 'medium' } })
  expect(
    await limits('{ max_output_tokens: { fixed: 1 }, temperature: { max: 2 }, reasoning_effort: { fixed: none } }'),
  ).toEqual({ maxOutputTokens: { fixed: 1 }, temperature: { max: 2 }, reasoningEffort: { fixed: 'none' } })
})

test('the ends of a range are within it, and zero is a value', async () => {
  expect(await limits('{ max_output_tokens: { max: 10000000 }, temperature: { fixed: 0 } }')).toEqual({
    maxOutputTokens: { max: 10_000_000 },
    temperature: { fixed: 0 },
  })
})

const EXACTLY = 'must name exactly one of: fixed, max | Write `{ max: … }`, or `{ fixed: … }`.'

const WRONG: readonly (readonly [name: string, parameters: string, problems: readonly string[]])[] = [
  [
    'a parameter that is not limited here',
    '{ max_tokens: { max: 1 } }',
    ['68 @.max_tokens: is not a known key | Known: max_output_tokens, temperature, reasoning_effort.'],
  ],
  [
    'a misspelt parameter',
    '{ temprature: { max: 1 } }',
    ['68 @.temprature: is not a known key | Did you mean temperature?'],
  ],
  ['both at once', '{ temperature: { max: 1, fixed: 1 } }', [`81 @.temperature: ${EXACTLY}`]],
  ['neither', '{ temperature: {} }', [`81 @.temperature: ${EXACTLY}`]],
  [
    'a bare value',
    '{ temperature: 1 }',
    ['81 @.temperature: must be a map, but is a number | Write it as `{ fixed: …, max: … }`.'],
  ],
  [
    'a misspelt word',
    '{ temperature: { most: 1 } }',
    [`81 @.temperature: ${EXACTLY}`, '83 @.temperature.most: is not a known key | Known: fixed, max.'],
  ],
  [
    'no tokens at all',
    '{ max_output_tokens: { max: 0 } }',
    [
      '94 @.max_output_tokens.max: must be a whole number from 1 to 10000000, but is "0" | Write a whole number from 1 to 10000000, in plain digits.',
    ],
  ],
  [
    'too many tokens',
    '{ max_output_tokens: { fixed: 10000001 } }',
    [
      '96 @.max_output_tokens.fixed: must be a whole number from 1 to 10000000, but is "10000001" | Write a whole number from 1 to 10000000, in plain digits.',
    ],
  ],
  [
    'a temperature out of range',
    '{ temperature: { max: 2.1 } }',
    [
      '88 @.temperature.max: must be a number from 0 to 2, but is "2.1" | Write a number from 0 to 2, with at most four decimals.',
    ],
  ],
  [
    'a temperature below zero',
    '{ temperature: { max: -0.5 } }',
    [
      '88 @.temperature.max: must be a number from 0 to 2, but is "-0.5" | Write a number from 0 to 2, with at most four decimals.',
    ],
  ],
  [
    'a temperature finer than policies compare it',
    '{ temperature: { max: 0.70001 } }',
    [
      '88 @.temperature.max: must be a number from 0 to 2, but is "0.70001" | Write a number from 0 to 2, with at most four decimals.',
    ],
  ],
  [
    'a temperature in other digits',
    '{ temperature: { max: 1e0 } }',
    [
      '88 @.temperature.max: must be a number from 0 to 2, but is "1e0" | Write a number from 0 to 2, with at most four decimals.',
    ],
  ],
  [
    'a temperature as text',
    '{ temperature: { fixed: "1" } }',
    ['90 @.temperature.fixed: must be a number from 0 to 2, but is text | Write a number from 0 to 2.'],
  ],
  [
    'an effort that does not exist',
    '{ reasoning_effort: { max: mediun } }',
    [
      '93 @.reasoning_effort.max: must be one of none, minimal, low, medium, high, xhigh, max, but is "mediun" | Did you mean medium?',
    ],
  ],
]

for (const [name, parameters, problems] of WRONG) {
  test(`${name} is refused, with place and fix`, async () => {
    expect(await faults(parameters)).toEqual([...problems])
  })
}
