import { expect, test } from 'bun:test'
import { fileURLToPath } from 'node:url'
import { soundClinic } from '#policy/bundle/clinic-fixture.ts'
import { loadBundle } from '#policy/bundle/load-bundle.ts'
import { runCases } from '#policy/cases.ts'

test('cases that say what the policies say pass', async () => {
  const results = runCases(await soundClinic())
  expect(results.map(({ name, passed }) => [name, passed])).toEqual([
    ['clinicians use the large model', true],
    ['billing does not, and is told why', true],
  ])
})

test('a case fails by its effect, its policies or its text, and shows both sides and the nearest permit', async () => {
  const bundle = await soundClinic({
    'cases/models.yaml': `- { name: effect, who: { user: b, groups: [billing] }, model: clinic-large, expect: allow }
- { name: policies, who: { user: a, groups: [clinicians] }, model: clinic-small, expect: allow, by: [billing-uses-the-small-model] }
- { name: text, who: { user: b, groups: [billing] }, model: clinic-large, expect: deny, tell: other words }
`,
  })
  const [effect, policies, text] = runCases(bundle)
  expect(effect).toMatchObject({
    passed: false,
    file: 'cases/models.yaml',
    line: 1,
    wanted: { effect: 'allow' },
    got: { effect: 'deny', by: [] },
    nearest: { id: 'clinicians-use-every-model', file: 'policies/models.cedar', line: 1 },
  })
  expect(policies).toMatchObject({ passed: false, got: { effect: 'allow', by: ['clinicians-use-every-model'] } })
  expect(policies?.nearest).toBeUndefined()
  expect(text).toMatchObject({
    passed: false,
    got: { effect: 'deny', tell: 'clinic-large is for clinicians; billing uses clinic-small.' },
  })
})

test('the starter bundle loads without a warning, and its cases pass, those of the base policies among them', async () => {
  const loading = await loadBundle(fileURLToPath(new URL('../../policies/starter', import.meta.url)))
  if (!loading.ok) throw new Error(JSON.stringify(loading.problems))
  expect(loading.bundle.warnings).toEqual([])
  const results = runCases(loading.bundle)
  expect(results.filter(({ passed }) => !passed)).toEqual([])
  expect(results).toHaveLength(17)
})
