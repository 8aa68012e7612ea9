// For tests only: the clinic's bundle as files, and a directory to load it from.
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Loading, type LoadOptions, loadBundle } from './load-bundle.ts'
import type { Bundle } from './bundle.ts'

export const CLINIC: Readonly<Record<string, string>> = {
  'sallyport.yaml': `public: https://ai.clinic.example
issuers:
  harbor: { url: https://id.clinic.example, audience: sallyport, groups: groups, as: "User::{sub}", attributes: { ward: ward } }
teams:
  clinicians: [harbor:clinicians]
  billing: [harbor:billing]
systems:
  clinic: { tier: 1, owner: platform@clinic.example }
providers:
  demo: { kind: openai-compatible, url: https://models.clinic.example/v1, credential: file:secrets/demo }
models:
  clinic-small: { system: clinic, use: [demo/small] }
  clinic-large: { system: clinic, use: [demo/large] }
context:
  headers: [x-purpose]
  metadata: [ticket]
`,
  'policies/models.cedar': `@id("clinicians-use-every-model")
@tell("clinic-large is for clinicians; billing uses clinic-small.")
permit (principal in Team::"clinicians", action == Action::"infer", resource in System::"clinic");

@id("billing-uses-the-small-model")
permit (principal in Team::"billing", action == Action::"infer", resource == Model::"clinic-small");
`,
  'cases/models.yaml': `- name: clinicians use the large model
  who: { user: alice, groups: [clinicians] }
  model: clinic-large
  expect: allow
  by: [clinicians-use-every-model]
- name: billing does not, and is told why
  who: { user: bob, groups: [billing] }
  model: clinic-large
  expect: deny
  by: []
  tell: clinic-large is for clinicians; billing uses clinic-small.
`,
  'secrets/demo': 'not-a-real-key',
}

/** A directory with these files; what is undefined is left out. All of mode 0600. */
export async function writeFiles(files: Readonly<Record<string, string | undefined>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-bundle-'))
  for (const [path, text] of Object.entries(files)) {
    if (text === undefined) continue
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), text, { mode: 0o600 })
  }
  return directory
}

/** The clinic with some of its files replaced, added or, by undefined, removed. */
export async function loadClinic(
  changes: Readonly<Record<string, string | undefined>> = {},
  options?: LoadOptions,
): Promise<Loading> {
  return loadBundle(await writeFiles({ ...CLINIC, ...changes }), options)
}

/** The clinic with one piece of sallyport.yaml replaced. Throws where the piece is not there. */
export function settingsWith(...edits: readonly (readonly [from: string, to: string])[]): { 'sallyport.yaml': string } {
  let text = CLINIC['sallyport.yaml'] ?? ''
  for (const [from, to] of edits) {
    if (!text.includes(from)) throw new Error(`the fixture has no ${from}`)
    text = text.replace(from, () => to)
  }
  return { 'sallyport.yaml': text }
}

/** `file:line:column path: message | fix`, and `!` before a warning. */
export function printed(loading: Loading): readonly string[] {
  if (loading.ok && loading.bundle.warnings.some(({ severity }) => severity === 'error'))
    throw new Error('loaded with an error')
  const problems = loading.ok ? loading.bundle.warnings : loading.problems
  return problems.map(
    ({ severity, file, line, column, path, message, fix }) =>
      `${severity === 'warning' ? '! ' : ''}${file}:${line}:${column} ${path}: ${message} | ${fix}`,
  )
}

export async function soundClinic(changes: Readonly<Record<string, string | undefined>> = {}): Promise<Bundle> {
  const loading = await loadClinic(changes)
  if (!loading.ok) throw new Error(printed(loading).join('\n'))
  return loading.bundle
}
