import { expect, test } from 'bun:test'
import { runCases } from '#policy/cases.ts'
import { loadClinic, printed, settingsWith, soundClinic } from './clinic-fixture.ts'

const LABELLED = settingsWith(['owner: platform@clinic.example', 'owner: o, labels: [clinical]'])

const POLICY = {
  'policies/session.cedar': `@id("nothing-leaves-a-session-that-saw-patients")
forbid (principal, action == Action::"web-search", resource)
when { context has session && context.session.labels.contains("clinical") };

@id("clinicians-search-the-web")
permit (principal in Team::"clinicians", action in [Action::"web-search", Action::"store"], resource)
when { context has session && context.session.kind == "declared" };
`,
}

const CLINICIAN = 'who: { user: alice, groups: [clinicians] }, model: clinic-large'

const cases = (...lines: readonly string[]) => ({
  ...LABELLED,
  ...POLICY,
  'cases/models.yaml': lines.map((line, index) => `- { name: case ${index}, ${CLINICIAN}, ${line} }\n`).join(''),
})

async function got(line: string) {
  const [result] = runCases(await soundClinic(cases(`${line}, expect: allow`)))
  return result?.got
}

test('a case without a session has none', async () => {
  expect(await got('action: web-search')).toEqual({ effect: 'deny', by: [] })
})

test('a case may be of a session, and of what it has touched', async () => {
  expect(await got('action: web-search, context: { session: {} }')).toEqual({
    effect: 'allow',
    by: ['clinicians-search-the-web'],
  })
  expect(await got('action: web-search, context: { session: { labels: [clinical] } }')).toEqual({
    effect: 'deny',
    by: ['nothing-leaves-a-session-that-saw-patients'],
  })
  expect(await got('action: web-search, context: { session: { kind: implicit } }')).toEqual({ effect: 'deny', by: [] })
})

test('how far a session of tier 3 is trusted bounds a case as it bounds a request', async () => {
  const stores = (trust: string) => got(`action: store, context: { session: { tier: 3, trust: ${trust} } }`)
  expect((await stores('initial'))?.effect).toBe('deny')
  expect((await stores('standard'))?.effect).toBe('allow')
})

test('what a case does not say of its session is as one of the model’s tier begins', async () => {
  const context = async (tier: number, session: string) => {
    const settings = LABELLED['sallyport.yaml'].replace('tier: 1', `tier: ${tier}`)
    const line = `context: { session: ${session} }, expect: deny`
    const bundle = await soundClinic({ ...cases(line), 'sallyport.yaml': settings })
    const { session: seen, identity } = bundle.cases[0]?.access.context ?? {}
    return { seen, identity }
  }
  const usual = { labels: [], calls: 0n, tokens: 0n, age_seconds: 60n }
  expect(await context(1, '{}')).toEqual({
    seen: { record: { kind: 'declared', tier: 1n, trust: 'standard', bound: 'nothing', ...usual, task: 'undeclared' } },
    identity: { record: { issuer: 'sallyport', method: 'session', age_seconds: 60n } },
  })
  expect((await context(2, '{ task: letters, domain: ward 3, calls: 4 }')).seen).toEqual({
    record: {
      kind: 'declared',
      tier: 2n,
      trust: 'standard',
      bound: 'key',
      ...usual,
      task: 'letters',
      domain: 'ward 3',
      calls: 4n,
    },
  })
  expect((await context(3, '{}')).seen).toEqual({
    record: { kind: 'declared', tier: 3n, trust: 'initial', bound: 'key', ...usual, task: 'undeclared' },
  })
  expect(await context(3, '{ kind: implicit }')).toEqual({
    seen: { record: { kind: 'implicit', tier: 1n, trust: 'standard', bound: 'nothing', ...usual } },
    identity: { record: { issuer: 'harbor', method: 'jwt', age_seconds: 60n } },
  })
})

test.each([
  ['{ teir: 3 }', 'session.teir: is not a known key | Did you mean tier?'],
  [
    '{ trust: intial }',
    'session.trust: must be one of initial, standard, elevated, but is "intial" | Did you mean initial?',
  ],
  [
    '{ labels: [clincal] }',
    'session.labels[0]: names a label that no session gets: "clincal" | Did you mean clinical?',
  ],
  [
    '{ kind: implicit, task: a }',
    'session: is none that the gate begins: an implicit one is of tier 1, without task and binding | Remove them.',
  ],
  [
    '{ tier: 3, bound: network }',
    'session: is none that the gate begins: in tier 3 it is bound to a key | Write `bound: key`.',
  ],
  [
    '{ tier: 2, bound: nothing }',
    'session: is none that the gate begins: in tier 2 it is bound | Write `bound: key` or `bound: network`.',
  ],
])('the session %s is refused, with place and fix', async (session, message) => {
  const found = printed(await loadClinic(cases(`context: { session: ${session} }, expect: deny`)))
  expect(found.map((line) => line.replace(/^.*context\./, ''))).toEqual([message])
})
