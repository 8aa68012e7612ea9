import { expect, test } from 'bun:test'
import { runCases } from '#policy/cases.ts'
import { loadClinic, printed, settingsWith, soundClinic } from './clinic-fixture.ts'

async function faults(yaml: string): Promise<readonly string[]> {
  return printed(await loadClinic({ 'cases/models.yaml': yaml })).map((line) => line.replace('cases/models.yaml:', ''))
}

const REST = 'model: clinic-small, expect: deny }'
const WHO = '- { name: n, who: { user: a },'

const WRONG: readonly (readonly [name: string, yaml: string, problems: readonly string[]])[] = [
  ['a file that is no list', 'name: a', ['1:1 : must be a list of cases | Begin each case with `- name: …`.']],
  ['a missing key', `- { who: { user: a }, ${REST}`, ['1:3 [0]: lacks `name` | Add `name: …`.']],
  ['an unknown key', `${WHO} expct: deny, ${REST}`, ['1:32 [0].expct: is not a known key | Did you mean expect?']],
  [
    'nobody who asks',
    `- { name: n, who: { groups: [] }, ${REST}`,
    ['1:19 [0].who: must name exactly one of: user, app, agent, judge | Write `user: alice`.'],
  ],
  [
    'two who ask',
    `- { name: n, who: { user: a, app: b }, ${REST}`,
    ['1:19 [0].who: must name exactly one of: user, app, agent, judge | Write `user: alice`.'],
  ],
  [
    'an unknown team',
    `- { name: n, who: { user: a, groups: [biling] }, ${REST}`,
    ['1:39 [0].who.groups[0]: names a team that does not exist: "biling" | Did you mean billing?'],
  ],
  [
    'an unknown attribute',
    `- { name: n, who: { user: a, attributes: { wrad: b } }, ${REST}`,
    ['1:44 [0].who.attributes.wrad: is not a known key | Did you mean ward?'],
  ],
  [
    'an unknown action',
    `${WHO} action: infr, ${REST}`,
    [
      '1:40 [0].action: must be one of infer, embed, fetch-url, use-file, search-files, store, use-stored, use-prompt, web-search, run-code, use-mcp, use-hosted-tool, background, read, but is "infr" | Did you mean infer?',
    ],
  ],
  [
    'an unknown model',
    `${WHO} model: clinic-smal, expect: deny }`,
    ['1:39 [0].model: names a model that does not exist: "clinic-smal" | Did you mean clinic-small?'],
  ],
  [
    'no resource',
    `${WHO} expect: deny }`,
    ['1:3 [0]: must name exactly one of: model, resource | Write `model: NAME` or `resource: Model::NAME`.'],
  ],
  [
    'a resource without a type',
    `${WHO} resource: clinic-small, expect: deny }`,
    ['1:42 [0].resource: must be TYPE::NAME, but is "clinic-small" | Write it as Model::clinic-large.'],
  ],
  [
    'a resource that the action is not for',
    `${WHO} resource: "Exchange::x", expect: deny }`,
    ['1:3 [0]: asks infer of a Exchange | infer is asked of a Model.'],
  ],
  [
    'an unknown policy',
    `${WHO} by: [clinicians-use-all-models], ${REST}`,
    [
      '1:37 [0].by[0]: names a policy that does not exist: "clinicians-use-all-models" | Did you mean clinicians-use-every-model?',
    ],
  ],
  [
    'an unknown fact',
    `${WHO} context: { straming: true }, ${REST}`,
    ['1:43 [0].context.straming: is not a known key | Did you mean streaming?'],
  ],
  [
    'a fact of another type',
    `${WHO} context: { streaming: 1 }, ${REST}`,
    ['1:54 [0].context.streaming: must be true or false, but is a number | Write true or false, without quotes.'],
  ],
  [
    'an unknown parameter',
    `${WHO} context: { parameters: { temprature: 1 } }, ${REST}`,
    ['1:57 [0].context.parameters.temprature: is not a known key | Did you mean temperature?'],
  ],
  [
    'a header that the bundle does not name',
    `${WHO} context: { claimed: { headers: { x-purpos: a } } }, ${REST}`,
    ['1:65 [0].context.claimed.headers.x-purpos: is not a known key | Did you mean x-purpose?'],
  ],
  [
    'a moment that is none',
    `${WHO} context: { now: noon }, ${REST}`,
    ['1:48 [0].context.now: is not a moment: "noon" | Write it in UTC: 2026-01-05T12:00:00Z.'],
  ],
  [
    'a finding that no inspector makes',
    `${WHO} context: { findings: [credential] }, ${REST}`,
    ['1:54 [0].context.findings[0]: is not a finding: "credential" | Did you mean credentials?'],
  ],
  [
    'a kind without its inspector',
    `${WHO} context: { findings: [aws-access-key] }, ${REST}`,
    [
      '1:54 [0].context.findings[0]: is not a finding: "aws-access-key" | Known: credentials, credentials:indeterminate.',
    ],
  ],
  [
    'an address that is none',
    `${WHO} context: { source: here }, ${REST}`,
    ['1:51 [0].context.source: is not an address: "here" | Write 10.0.0.1 or ::1.'],
  ],
]

for (const [name, yaml, problems] of WRONG) {
  test(`${name} is told, with place and fix`, async () => {
    expect(await faults(yaml)).toEqual([...problems])
  })
}

test('a case becomes the access that the gateway would ask', async () => {
  const bundle = await soundClinic({
    'cases/models.yaml': `- name: n
  who: { user: a, groups: [billing], attributes: { ward: b } }
  action: web-search
  resource: Model::"clinic-small"
  context: { now: "2026-03-01T00:00:00Z", source: 10.0.0.1, streaming: true, parameters: { temperature: 0.7, n: 2 }, claimed: { headers: { x-purpose: audit } } }
  expect: deny
`,
  })
  const [first] = bundle.cases
  expect(first?.line).toBe(1)
  expect(first?.access).toEqual({
    principal: {
      type: 'User',
      id: 'a',
      groups: ['billing'],
      attributes: { ward: 'b' },
      proof: { method: 'jwt', issuer: 'harbor', issuedAt: 1767614340, expiresAt: 1767617940 },
    },
    action: 'web-search',
    resource: { type: 'Model', id: 'clinic-small' },
    entities: [],
    context: {
      now: { extension: { fn: 'datetime', arg: '2026-03-01T00:00:00Z' } },
      source: { extension: { fn: 'ip', arg: '10.0.0.1' } },
      protocol: 'openai-chat',
      model: 'clinic-small',
      identity: { record: { issuer: 'harbor', method: 'jwt', age_seconds: 60n } },
      parameters: {
        record: { tools: 0n, logprobs: false, temperature: { extension: { fn: 'decimal', arg: '0.7000' } }, n: 2n },
      },
      input_tokens: 100n,
      streaming: true,
      findings: [],
      claimed: { record: { headers: { record: { 'x-purpose': 'audit' } }, metadata: { record: {} } } },
      target: { record: { provider: 'demo', model: 'small' } },
      link: 'origin',
      direct: true,
      approvals: [],
    },
  })
})

test('a case may say what was found, and that nothing was', async () => {
  const bundle = await soundClinic({
    'policies/found.cedar': `@id("what-cannot-be-read-stays-here")
forbid (principal, action == Action::"infer", resource)
when { context.findings.contains("credentials:indeterminate") };
`,
    'cases/models.yaml': `- { name: found, who: { user: a, groups: [clinicians] }, model: clinic-small, context: { findings: [credentials, "credentials:aws-access-key", "credentials:indeterminate"] }, expect: deny, by: [what-cannot-be-read-stays-here] }
- { name: not found, who: { user: a, groups: [clinicians] }, model: clinic-small, context: { findings: [] }, expect: allow }
`,
  })
  expect(bundle.cases.map(({ access }) => access.context['findings'])).toEqual([
    ['credentials', 'credentials:aws-access-key', 'credentials:indeterminate'],
    [],
  ])
  expect(runCases(bundle).map(({ passed }) => passed)).toEqual([true, true])
})

test('what a case leaves out is as the model’s own protocol has it', async () => {
  const bundle = await soundClinic({
    ...settingsWith(['kind: openai-compatible', 'kind: anthropic']),
    'cases/models.yaml': `- { name: claude, who: { user: a }, model: clinic-small, expect: deny }
- { name: vectors, who: { user: a }, action: embed, model: clinic-small, expect: deny }
`,
  })
  expect(bundle.cases.map(({ access }) => access.context['protocol'])).toEqual([
    'anthropic-messages',
    'openai-embeddings',
  ])
})
