import { expect, test } from 'bun:test'
import { runCases } from '#policy/cases.ts'
import { loadClinic, printed, soundClinic } from './clinic-fixture.ts'

const withCase = (certificate: string) => ({
  'policies/desk.cedar': `@id("desks-only")
forbid (principal, action, resource)
unless { context has certificate && context.certificate.subject == "CN=desk,O=Clinic" };
`,
  'cases/models.yaml': `- name: from the desk
  who: { user: alice, groups: [clinicians] }
  model: clinic-large
  context: { ${certificate} }
  expect: allow
`,
})

const passes = async (certificate: string): Promise<readonly boolean[]> =>
  runCases(await soundClinic(withCase(certificate))).map(({ passed }) => passed)

test('a case may have a client certificate, and has none where it does not say so', async () => {
  expect(await passes('certificate: { subject: "CN=desk,O=Clinic" }')).toEqual([true])
  expect(await passes(`certificate: { sha256: ${'ab'.repeat(32)}, subject: "CN=desk,O=Clinic" }`)).toEqual([true])
  expect(await passes(`certificate: { sha256: ${'ab'.repeat(32)} }`)).toEqual([false])
  expect(await passes('certificate: { subject: "CN=other" }')).toEqual([false])
  expect(await passes('streaming: true')).toEqual([false])
})

test.each([
  ['certificate: { sha256: abc }', 'is not a SHA-256: "abc"'],
  [`certificate: { sha256: ${'AB'.repeat(32)} }`, `is not a SHA-256: `],
  ['certificate: { issuer: "CN=x" }', 'is not a known key'],
  ['certificate: CN=desk', 'must be a map'],
])('%s is refused', async (certificate, message) => {
  expect(printed(await loadClinic(withCase(certificate))).join('\n')).toContain(message)
})
