import { expect, test } from 'bun:test'
import { CLINIC, loadClinic, printed, settingsWith, soundClinic } from './clinic-fixture.ts'

/** Line 17 is `limits:`, each limit a line below it. */
const settings = (...limits: readonly string[]) => ({
  'sallyport.yaml': `${CLINIC['sallyport.yaml']}limits:\n${limits.map((limit) => `  - { ${limit} }\n`).join('')}`,
})

const PRICED = ['[demo/small]', '[demo/small], price: { input: 0.25, output: 2 }'] as const
const BOTH = [PRICED, ['[demo/large]', '[demo/large], price: { input: 1, output: 8 }']] as const

const priced = (...limits: readonly string[]) => ({
  'sallyport.yaml': `${settingsWith(...BOTH)['sallyport.yaml']}${settings(...limits)['sallyport.yaml'].slice(CLINIC['sallyport.yaml']?.length)}`,
})

const faults = async (...limits: readonly string[]): Promise<readonly string[]> =>
  printed(await loadClinic(settings(...limits))).map((line) => line.replace('sallyport.yaml:', ''))

test('limits are read as they are written', async () => {
  const { config } = await soundClinic(
    priced(
      'per: team, spend: 2000 USD/month, warn: 80%',
      'per: user, requests: 120/minute, burst: 20/10s',
      'per: key, tokens: 1000000/day, sliding: true',
      'per: principal, streams: 20',
      'per: tool, tool-calls: 5k/hour',
      'per: session, tokens: 2M/hour',
      'per: app, spend: 0.5 USD/day, only: { teams: [billing, clinicians], models: [clinic-small], environments: [staging], tiers: [1] }',
    ),
  )
  expect(config.limits).toEqual([
    {
      name: '2000 USD/month per team',
      per: 'team',
      measure: 'spend',
      most: 2_000_000_000,
      window: { kind: 'calendar', unit: 'month' },
      warn: 0.8,
    },
    {
      name: '120 requests/minute per user',
      per: 'user',
      measure: 'requests',
      most: 120,
      window: { kind: 'calendar', unit: 'minute' },
      burst: { most: 20, ms: 10_000 },
    },
    {
      name: '1000000 tokens/day sliding per key',
      per: 'key',
      measure: 'tokens',
      most: 1_000_000,
      window: { kind: 'sliding', ms: 86_400_000 },
    },
    { name: '20 streams per principal', per: 'principal', measure: 'streams', most: 20 },
    {
      name: '5000 tool-calls/hour per tool',
      per: 'tool',
      measure: 'tool-calls',
      most: 5000,
      window: { kind: 'calendar', unit: 'hour' },
    },
    {
      name: '2000000 tokens/hour per session',
      per: 'session',
      measure: 'tokens',
      most: 2_000_000,
      window: { kind: 'calendar', unit: 'hour' },
    },
    {
      name: '0.5 USD/day per app (team billing, clinicians; model clinic-small; environment staging; tier 1)',
      per: 'app',
      measure: 'spend',
      most: 500_000,
      window: { kind: 'calendar', unit: 'day' },
      only: {
        teams: ['billing', 'clinicians'],
        models: ['clinic-small'],
        environments: ['staging'],
        tiers: [1],
      },
    },
  ])
})

const COUNT = 'must be a whole number from 1 on, with k or M behind it if you like, but is'

const WRONG: readonly (readonly [name: string, limit: string, line: string])[] = [
  [
    'nothing that is counted',
    'per: user',
    '18:5 limits[0]: must have exactly one of requests, tokens, spend, tool-calls, streams | Write `requests: 120/minute`, or `spend: 2000 USD/month`.',
  ],
  [
    'two that are counted',
    'per: user, requests: 1/day, tokens: 1/day',
    '18:5 limits[0]: must have exactly one of requests, tokens, spend, tool-calls, streams | Write a limit for each.',
  ],
  ['nobody of whom', 'requests: 1/day', '18:5 limits[0]: lacks `per` | Add `per: …`.'],
  [
    'an unknown key',
    'per: user, requests: 1/day, slidng: true',
    '18:35 limits[0].slidng: is not a known key | Did you mean sliding?',
  ],
  [
    'an unknown per',
    'per: usr, requests: 1/day',
    '18:12 limits[0].per: must be one of principal, user, app, key, team, model, tool, session, but is "usr" | Did you mean user?',
  ],
  [
    'no time',
    'per: user, requests: 120',
    '18:28 limits[0].requests: lacks the time that it is for | Write minute, hour, day or month behind a slash: 120/minute.',
  ],
  [
    'a time that is none',
    'per: user, requests: 120/week',
    '18:28 limits[0].requests: has a time that is none: "week" | Write minute, hour, day or month behind a slash: 120/minute.',
  ],
  [
    'none of something',
    'per: user, requests: 0/day',
    `18:28 limits[0].requests: ${COUNT} "0" | Write it as 120/minute.`,
  ],
  ['a fraction', 'per: user, tokens: 1.5M/day', `18:26 limits[0].tokens: ${COUNT} "1.5M" | Write it as 2M/day.`],
  [
    'another currency',
    'per: user, spend: 20 EUR/day',
    '18:25 limits[0].spend: must be US dollars, but is "20 EUR" | Write it as 2000 USD/month.',
  ],
  [
    'a time of streams',
    'per: user, streams: 20/day',
    '18:27 limits[0].streams: counts how many are open at once, in no time | Write the number alone: 20.',
  ],
  [
    'sliding streams',
    'per: user, streams: 20, sliding: true',
    '18:40 limits[0].sliding: is for what is counted in a time; streams are counted at once | Remove it.',
  ],
  [
    'a sliding month',
    'per: user, requests: 9/month, sliding: true',
    '18:46 limits[0].sliding: has no month: one is longer than another | Slide over a day, or remove it.',
  ],
  [
    'a warning as a number',
    'per: user, requests: 9/day, warn: 0.8',
    '18:41 limits[0].warn: must be a share from 1% to 99%, but is "0.8" | Write it as 80%.',
  ],
  [
    'a warning at the end',
    'per: user, requests: 9/day, warn: 100%',
    '18:41 limits[0].warn: must be a share from 1% to 99%, but is "100%" | Write it as 80%.',
  ],
  [
    'a warning of streams',
    'per: user, streams: 9, warn: 80%',
    '18:36 limits[0].warn: is recorded once in a time, and streams are counted in none | Remove it.',
  ],
  [
    'a burst without a time',
    'per: user, requests: 99/day, burst: 20',
    '18:43 limits[0].burst: must be how many in how short a time, but is "20" | Write it as 20/10s.',
  ],
  [
    'a burst of tokens',
    'per: user, tokens: 99/day, burst: 20/10s',
    '18:41 limits[0].burst: counts requests, and stands beside tokens | Write it beside `requests`.',
  ],
  [
    'a burst that cannot be',
    'per: user, requests: 10/day, burst: 20/10s',
    '18:43 limits[0].burst: can never be flagged: the limit itself ends at 10 requests | Write a smaller number.',
  ],
  [
    'a team that is none',
    'per: user, requests: 9/day, only: { teams: [biling] }',
    '18:51 limits[0].only.teams[0]: names a team that does not exist: "biling" | Did you mean billing?',
  ],
  [
    'a model that is none',
    'per: user, requests: 9/day, only: { models: [clinic-smal] }',
    '18:52 limits[0].only.models[0]: names a model that does not exist: "clinic-smal" | Did you mean clinic-small?',
  ],
  [
    'a tier that no system is of',
    'per: user, requests: 9/day, only: { tiers: [2] }',
    '18:51 limits[0].only.tiers[0]: can never count: no system is of tier 2 | Remove it.',
  ],
  [
    'nothing that it is only for',
    'per: user, requests: 9/day, only: {}',
    '18:41 limits[0].only: names nothing | Name teams, models, environments or tiers, or remove it.',
  ],
  [
    'requests of a tool',
    'per: tool, requests: 9/day',
    '18:12 limits[0].per: can never count: requests are of no tool | Write `tool-calls: 50/hour`, or count per model.',
  ],
]

for (const [name, limit, line] of WRONG) {
  test(`a limit with ${name} is refused, with place and fix`, async () => {
    expect(await faults(limit)).toEqual([line])
  })
}

test('a limit for each team of a bundle without teams is refused', async () => {
  const text = settings('per: team, requests: 9/day')['sallyport.yaml'].replace(/teams:\n.*\n.*\n/, '')
  const found = printed(
    await loadClinic({ 'sallyport.yaml': text, 'policies/models.cedar': undefined, 'cases/models.yaml': undefined }),
  )
  expect(found).toContain(
    'sallyport.yaml:15:12 limits[0].per: can never count: the bundle has no teams | Add `teams`, or count per user.',
  )
})

test('models of one tier and limits of another leave nothing to count', async () => {
  const text = priced('per: user, requests: 9/day, only: { models: [clinic-small], tiers: [2] }')['sallyport.yaml']
  const found = printed(
    await loadClinic({ 'sallyport.yaml': text.replace('systems:', 'systems:\n  other: { tier: 2, owner: o }') }),
  )
  expect(found).toEqual([
    'sallyport.yaml:19:41 limits[0].only: can never count: none of its models is of its tiers | Leave out one of the two.',
  ])
})

const SPEND = 'per: team, spend: 20 USD/day'

test('a limit of spend names the models that it counts and that have no price', async () => {
  expect(await faults(SPEND)).toEqual([
    '18:5 limits[0]: counts spend, and these models have no price: clinic-small, clinic-large | Add `price: { input: …, output: … }` to models.clinic-small, or name the models that it counts: only: { models: [NAME] }.',
  ])
  const text = settings(SPEND)['sallyport.yaml'].replace(...PRICED)
  expect(printed(await loadClinic({ 'sallyport.yaml': text }))).toEqual([
    'sallyport.yaml:18:5 limits[0]: counts spend, and this model has no price: clinic-large | Add `price: { input: …, output: … }` to models.clinic-large, or name the models that it counts: only: { models: [NAME] }.',
  ])
})

test('models that a limit of spend does not count need no price', async () => {
  const only = settings(`${SPEND}, only: { models: [clinic-small] }`)['sallyport.yaml'].replace(...PRICED)
  expect(printed(await loadClinic({ 'sallyport.yaml': only }))).toEqual([])
})

test('a price that is wrong is told once, where it stands', async () => {
  const edits = [
    ['[demo/small]', '[demo/small], price: { input: a lot, output: 2 }'],
    ['[demo/large]', '[demo/large], price: { input: 1, output: 2 }'],
  ] as const
  const text = `${settingsWith(...edits)['sallyport.yaml']}limits: [{ ${SPEND} }]\n`
  expect(printed(await loadClinic({ 'sallyport.yaml': text }))).toEqual([
    'sallyport.yaml:12:70 models.clinic-small.price.input: must be US dollars from 0 to 1000000, but is "a lot" | Write a plain number with at most six decimals, without a currency: 0.25.',
  ])
})

test('a limit whose models are misspelt is not taken for one of all models', async () => {
  expect(await faults(`${SPEND}, only: { models: [clinic-smal] }`)).toEqual([
    '18:54 limits[0].only.models[0]: names a model that does not exist: "clinic-smal" | Did you mean clinic-small?',
  ])
})

test('two limits of one name are one too many', async () => {
  expect(await faults('per: user, requests: 1000/day', 'per: user, requests: 1k/day, warn: 50%')).toEqual([
    '19:5 limits[1]: has the name of limits[0]: 1000 requests/day per user | Keep one of the two.',
  ])
})

test('a limit above another of the same is never reached, wherever it stands', async () => {
  expect(await faults('per: user, requests: 9/day', 'per: user, requests: 10/day')).toEqual([
    '19:5 limits[1]: can never count: limits[0] (9 requests/day per user) is used up first | Remove one of the two.',
  ])
  expect(await faults('per: user, requests: 10/day', 'per: user, requests: 9/day')).toEqual([
    '18:5 limits[0]: can never count: limits[1] (9 requests/day per user) is used up first | Remove one of the two.',
  ])
})

test('of several, the lowest is named to each of the others', async () => {
  expect(
    await faults('per: user, requests: 9/day', 'per: user, requests: 11/day', 'per: user, requests: 10/day'),
  ).toEqual([
    '19:5 limits[1]: can never count: limits[0] (9 requests/day per user) is used up first | Remove one of the two.',
    '20:5 limits[2]: can never count: limits[0] (9 requests/day per user) is used up first | Remove one of the two.',
  ])
})

test('limits that differ in whom, what, or how long they count are several', async () => {
  const several = [
    'per: user, requests: 9/minute',
    'per: user, requests: 90/day',
    'per: user, requests: 80/day, sliding: true',
    'per: app, requests: 90/day',
    'per: user, requests: 70/day, only: { models: [clinic-large] }',
  ]
  expect(await faults(...several)).toEqual([])
})

test('the order in which a limit lists names makes no other limit of it', async () => {
  const one = 'per: user, requests: 9/day, only: { models: [clinic-small, clinic-large] }'
  const other = 'per: user, requests: 9/day, only: { models: [clinic-large, clinic-small] }'
  expect(await faults(one, other)).toEqual([
    '19:5 limits[1]: has the name of limits[0]: 9 requests/day per user (model clinic-large, clinic-small) | Keep one of the two.',
  ])
})
