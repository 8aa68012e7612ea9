// The bundle that is measured: default settings, and 1,000 policies of which twenty are asked about each request: 890 are for
// one other person each, 90 for groups that the caller is not in, ten for the caller's group and nine for anybody under
// conditions that do not hold, and one permits.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export const POLICIES = 1_000

const policy = (id: string, principal: string, condition: string): string =>
  `@id("${id}") permit (${principal}, action == Action::"infer", resource in System::"clinic") when { ${condition} };`
const many = (count: number, make: (at: number) => string): string[] =>
  Array.from({ length: count }, (_, at) => make(at))

const policies = [
  ...many(890, (at) =>
    policy(`person-${at}`, `principal == User::"person${at}"`, `context.input_tokens < ${at + 1_000}`),
  ),
  ...many(90, (at) =>
    policy(`team-${at}`, `principal in Team::"team${at % 50}"`, `context.input_tokens < ${at + 1_000}`),
  ),
  ...many(10, (at) =>
    policy(`ours-${at}`, 'principal in Team::"clinicians"', `context.input_tokens > ${at + 1_000_000}`),
  ),
  ...many(9, (at) => policy(`anybody-${at}`, 'principal', `context.input_tokens > ${at + 1_000_000}`)),
  '@id("clinicians") permit (principal in Team::"clinicians", action == Action::"infer", resource);',
]

/** In `home`; resolves to the bundle's directory. */
export async function writeBundle(home: string, provider: number, issuer: string): Promise<string> {
  const bundle = join(home, 'bundle')
  await mkdir(join(bundle, 'policies'), { recursive: true })
  await writeFile(join(home, 'provider-key'), 'sk-bench', { mode: 0o600 })
  const teams = many(50, (at) => `  team${at}: [harbor:team${at}]`).join('\n')
  await writeFile(
    join(bundle, 'sallyport.yaml'),
    `public: https://gate.example
issuers:
  harbor: { url: ${issuer}, audience: sallyport-demo, groups: groups, as: "User::{sub}" }
teams:
  clinicians: [harbor:clinicians]
${teams}
systems:
  clinic: { tier: 1, owner: platform@harbor.example }
  records: { tier: 3, owner: records@harbor.example }
providers:
  harbor: { kind: openai-compatible, url: http://127.0.0.1:${provider}/v1, credential: file:../provider-key, private: true }
models:
  clinic-small: { system: clinic, use: [harbor/m] }
  records-large: { system: records, use: [harbor/m] }
`,
  )
  await writeFile(join(bundle, 'policies', 'all.cedar'), policies.join('\n'))
  return bundle
}
