import { expect, test } from 'bun:test'
import { CLINIC, loadClinic, printed, soundClinic } from './clinic-fixture.ts'

const LATER = 'Remove it: this version would not do what it asks for.'

const withSection = (text: string) => ({ 'sallyport.yaml': `${CLINIC['sallyport.yaml']}${text}\n` })

const inspected = async (text: string) => (await soundClinic(withSection(text))).config.inspectors.credentials

const faults = async (text: string): Promise<readonly string[]> =>
  printed(await loadClinic(withSection(text))).map((line) => line.replace('sallyport.yaml:', ''))

test('credentials are redacted in tiers 1 and 2 and blocked in tier 3, in both directions, where the bundle says nothing', async () => {
  const usual = { 1: 'redact', 2: 'redact', 3: 'block' } as const
  expect((await soundClinic()).config.inspectors).toEqual({ credentials: { request: usual, answer: usual } })
  expect(await inspected('inspectors: {}')).toEqual({ request: usual, answer: usual })
  expect(await inspected('inspectors: { credentials: {} }')).toEqual({ request: usual, answer: usual })
})

test('one word is for every tier of that direction, and for that direction only', async () => {
  expect(await inspected('inspectors: { credentials: { request: flag } }')).toEqual({
    request: { 1: 'flag', 2: 'flag', 3: 'flag' },
    answer: { 1: 'redact', 2: 'redact', 3: 'block' },
  })
})

test('a word for some tiers leaves the others as they are', async () => {
  expect(
    await inspected('inspectors: { credentials: { request: { tier-2: block }, answer: { tier-3: redact } } }'),
  ).toEqual({
    request: { 1: 'redact', 2: 'block', 3: 'block' },
    answer: { 1: 'redact', 2: 'redact', 3: 'redact' },
  })
  expect(
    await inspected('inspectors: { credentials: { answer: { tier-1: flag, tier-2: redact, tier-3: block } } }'),
  ).toMatchObject({
    answer: { 1: 'flag', 2: 'redact', 3: 'block' },
  })
})

const WRONG: readonly (readonly [name: string, section: string, problems: readonly string[]])[] = [
  [
    'one that is switched off',
    'inspectors: { credentials: off }',
    ['17:28 inspectors.credentials: must be a map, but is text | Write it as `{ request: …, answer: … }`.'],
  ],
  [
    'a direction that is switched off',
    'inspectors: { credentials: { request: off } }',
    [
      '17:39 inspectors.credentials.request: must be one of flag, redact, block, but is "off" | Known: flag, redact, block.',
    ],
  ],
  [
    'a word that is nearly one',
    'inspectors: { credentials: { answer: { tier-1: redcat } } }',
    [
      '17:48 inspectors.credentials.answer.tier-1: must be one of flag, redact, block, but is "redcat" | Did you mean redact?',
    ],
  ],
  [
    'a direction that does not exist',
    'inspectors: { credentials: { requests: block } }',
    ['17:30 inspectors.credentials.requests: is not a known key | Did you mean request?'],
  ],
  [
    'a tier that does not exist',
    'inspectors: { credentials: { request: { tier-4: block } } }',
    ['17:41 inspectors.credentials.request.tier-4: is not a known key | Did you mean tier-1?'],
  ],
  [
    'an inspector that is not served',
    'inspectors: { personal-data: { request: redact }, injection: {}, contract: {}, judge: {}, behaviour: {} }',
    [
      `17:15 inspectors.personal-data: \`personal-data\` is not supported yet | ${LATER}`,
      `17:51 inspectors.injection: \`injection\` is not supported yet | ${LATER}`,
      `17:66 inspectors.contract: \`contract\` is not supported yet | ${LATER}`,
      `17:80 inspectors.judge: \`judge\` is not supported yet | ${LATER}`,
      `17:91 inspectors.behaviour: \`behaviour\` is not supported yet | ${LATER}`,
    ],
  ],
  [
    'an inspector that does not exist',
    'inspectors: { credential: {} }',
    ['17:15 inspectors.credential: is not a known key | Did you mean credentials?'],
  ],
]

for (const [name, section, problems] of WRONG) {
  test(`${name} is refused, with place and fix`, async () => {
    expect(await faults(section)).toEqual([...problems])
  })
}
