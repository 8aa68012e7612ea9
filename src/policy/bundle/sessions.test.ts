import { expect, test } from 'bun:test'
import { CLINIC, loadClinic, printed, soundClinic } from './clinic-fixture.ts'

const settings = (sessions: string) => ({ 'sallyport.yaml': `${CLINIC['sallyport.yaml']}sessions:\n  ${sessions}\n` })

const faults = async (sessions: string): Promise<readonly string[]> =>
  printed(await loadClinic(settings(sessions))).map((line) => line.replace('sallyport.yaml:', ''))

test('without a word, sessions of each tier have bounds', async () => {
  const { sessions } = (await soundClinic()).config
  expect(sessions).toEqual({
    tiers: {
      1: {
        duration: 28_800_000,
        idle: 3_600_000,
        token: 900_000,
        tokens: 10_000_000,
        calls: 10_000,
        clean: 0,
        outOfScope: 20,
        misuse: 0,
      },
      2: {
        duration: 14_400_000,
        idle: 1_800_000,
        token: 900_000,
        tokens: 2_000_000,
        calls: 2000,
        clean: 0,
        outOfScope: 10,
        misuse: 5,
      },
      3: {
        duration: 1_800_000,
        idle: 600_000,
        token: 300_000,
        tokens: 500_000,
        calls: 500,
        clean: 5,
        outOfScope: 3,
        misuse: 1,
      },
    },
    implicit: { duration: 28_800_000, idle: 1_800_000 },
    conversation: ['conversation_id', 'session_id'],
    clients: { documents: true, registration: [] },
  })
})

test('all that sessions may say is read, and the rest stays as it was', async () => {
  const { sessions } = (
    await soundClinic(
      settings(`tier-3: { duration: 20m, idle: 2m, token: 1m, tokens: 100k, calls: 50, clean: 10, out-of-scope: 2, misuse: 2 }
  tier-2: { tokens: 3M }
  implicit: { duration: 1h, idle: 5m }
  conversation: [thread]
  clients: { documents: false, registration: [Claude Code, "VS Code (Insiders)"] }`),
    )
  ).config
  expect(sessions.tiers[3]).toEqual({
    duration: 1_200_000,
    idle: 120_000,
    token: 60_000,
    tokens: 100_000,
    calls: 50,
    clean: 10,
    outOfScope: 2,
    misuse: 2,
  })
  expect(sessions.tiers[2]).toMatchObject({ duration: 14_400_000, tokens: 3_000_000, calls: 2000 })
  expect(sessions.tiers[1].duration).toBe(28_800_000)
  expect(sessions.implicit).toEqual({ duration: 3_600_000, idle: 300_000 })
  expect(sessions.conversation).toEqual(['thread'])
  expect(sessions.clients).toEqual({ documents: false, registration: ['Claude Code', 'VS Code (Insiders)'] })
})

test('a shorter session has shorter idle times and tokens, too', async () => {
  const { sessions } = (await soundClinic(settings('tier-2: { duration: 5m }'))).config
  expect(sessions.tiers[2]).toMatchObject({ duration: 300_000, idle: 300_000, token: 300_000 })
})

test('nothing names a conversation where the list is empty', async () => {
  expect((await soundClinic(settings('conversation: []'))).config.sessions.conversation).toEqual([])
})

const DURATION = 'Write a whole number and ms, s, m or h: 60s.'

const WRONG: readonly (readonly [sessions: string, line: string])[] = [
  [
    'tier-3: { duration: 31m }',
    `18:23 sessions.tier-3.duration: must be a duration from 1s to 30m, but is "31m" | ${DURATION}`,
  ],
  [
    'tier-2: { duration: 5h }',
    `18:23 sessions.tier-2.duration: must be a duration from 1s to 4h, but is "5h" | ${DURATION}`,
  ],
  [
    'tier-1: { duration: 25h }',
    `18:23 sessions.tier-1.duration: must be a duration from 1s to 24h, but is "25h" | ${DURATION}`,
  ],
  [
    'tier-1: { token: 16m }',
    `18:20 sessions.tier-1.token: must be a duration from 1s to 15m, but is "16m" | ${DURATION}`,
  ],
  [
    'tier-3: { duration: 5m, idle: 6m }',
    '18:33 sessions.tier-3.idle: is longer than the session lasts, so it would never end one | Write less than `duration`.',
  ],
  [
    'implicit: { duration: 48h }',
    `18:25 sessions.implicit.duration: must be a duration from 1s to 24h, but is "48h" | ${DURATION}`,
  ],
  [
    'tier-2: { clean: 5 }',
    '18:20 sessions.tier-2.clean: counts in tier 3 only: elsewhere nothing is to be earned | Remove it.',
  ],
  [
    'tier-3: { clean: 0 }',
    '18:20 sessions.tier-3.clean: must be a whole number from 1 to 10000, but is "0" | Write a whole number from 1 to 10000, in plain digits.',
  ],
  [
    'tier-2: { misuse: 0 }',
    '18:21 sessions.tier-2.misuse: must be a whole number from 1 to 1000, but is "0" | Write a whole number from 1 to 1000, in plain digits.',
  ],
  [
    'tier-2: { tokens: lots }',
    '18:21 sessions.tier-2.tokens: must be a whole number from 1 to 1000000000000, but is "lots" | Write a whole number from 1 to 1000000000000: 500k, 2M.',
  ],
  ['tier-4: {}', '18:3 sessions.tier-4: is not a known key | Did you mean tier-1?'],
  ['tier-3: { outofscope: 1 }', '18:13 sessions.tier-3.outofscope: is not a known key | Did you mean out-of-scope?'],
  [
    'conversation: ["a b"]',
    '18:18 sessions.conversation[0]: is not the name of a metadata field: "a b" | Use letters, digits, dot, dash and underscore.',
  ],
  [
    'clients: { documents: often }',
    '18:25 sessions.clients.documents: must be true or false, but is text | Write true or false, without quotes.',
  ],
  [
    'clients: { registration: ["<b>"] }',
    '18:29 sessions.clients.registration[0]: is not the name of a program: "<b>" | Write it as the program calls itself: letters, digits, spaces and . _ - / + ( ).',
  ],
]

for (const [sessions, line] of WRONG) {
  test(`${sessions} is refused`, async () => {
    expect(await faults(sessions)).toEqual([line])
  })
}

test('labels of a system are sorted, and are words that policies compare', async () => {
  const labels = (list: string) => ({
    'sallyport.yaml': CLINIC['sallyport.yaml']?.replace('owner: platform@clinic.example', `owner: o, labels: ${list}`),
  })
  const { config } = await soundClinic(labels('[personal, clinical]'))
  expect(config.models.get('clinic-small')?.system.labels).toEqual(['clinical', 'personal'])
  expect((await soundClinic()).config.systems.get('clinic')?.labels).toEqual([])
  expect(printed(await loadClinic(labels('[Clinical]')))[0]).toBe(
    'sallyport.yaml:8:41 systems.clinic.labels[0]: is not a label: "Clinical" | Use lower-case letters, digits and dash: clinical.',
  )
})
