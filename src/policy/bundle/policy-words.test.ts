import { expect, test } from 'bun:test'
import { loadClinic, printed, settingsWith } from './clinic-fixture.ts'

const told = async (condition: string): Promise<readonly string[]> =>
  printed(
    await loadClinic({
      ...settingsWith(['owner: platform@clinic.example', 'owner: platform@clinic.example, labels: [clinical]']),
      'policies/x.cedar': `@id("x")\nforbid (principal, action == Action::"infer", resource)\nwhen { ${condition} };\n`,
    }),
  ).map((line) => line.replace('policies/x.cedar:', ''))

test.each([
  'context has session && context.session.tier < 3',
  'context has session && context.session.trust == "initial"',
  'context has session && context.session.labels.containsAny(["clinical", "credentials"])',
  'context has session && context.session.labels.contains("clinical") && context.session.bound != "key"',
  'context has session && context.session has task && context.session.task == "answer-letters"',
  'if context has session then context.session.kind == "implicit" else true',
])('a policy may say: %s', async (condition) => {
  expect(await told(condition)).toEqual([])
})

test.each([
  [
    'labels.contains("clincal")',
    '! 3:63 x: compares context.session.labels with "clincal", which it never holds | Did you mean clinical?',
  ],
  [
    'labels.containsAll(["clinical", "credential"])',
    '! 3:79 x: compares context.session.labels with "credential", which it never holds | Did you mean credentials?',
  ],
  [
    'trust == "intial"',
    '! 3:56 x: compares context.session.trust with "intial", which it never is | Did you mean initial?',
  ],
  [
    'kind != "declard"',
    '! 3:55 x: compares context.session.kind with "declard", which it never is | Did you mean declared?',
  ],
  [
    'bound == "dpop"',
    '! 3:56 x: compares context.session.bound with "dpop", which it never is | Known: key, network, nothing.',
  ],
])('a word that no session has is a warning: %s', async (comparison, line) => {
  expect(await told(`context has session && context.session.${comparison}`)).toEqual([line])
})

test('the other side of a comparison is looked at, too', async () => {
  expect(await told('context has session && ["intial"].contains(context.session.trust)')).toEqual([
    '! 3:32 x: compares context.session.trust with "intial", which it never is | Did you mean initial?',
  ])
})

test.each([
  [
    'context has session && context.session.teir < 3',
    '3:31 x: context.session has no attribute teir | Did you mean tier?',
  ],
  [
    'context.session.tier < 3',
    '3:8 x: unable to guarantee safety of access to optional attribute `session` in context for Action::"infer" | Try testing for the attribute\'s presence with `context has session && ..`.',
  ],
])('a fact that is not there is an error: %s', async (condition, line) => {
  expect(await told(condition)).toEqual([line])
})
