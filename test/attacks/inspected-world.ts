// The clinic with a model of every kind that inspection meets: of both protocols, of a tier that blocks, and one whose
// policy asks what was found.
import { CLINIC, CLINIC_CEDAR, CLINIC_YAML } from '../rig.ts'

const YAML = CLINIC_YAML.replace(
  '\nmodels:\n',
  `
  harbor-anthropic:
    kind: anthropic
    url: \${provider}/v1
    credential: file:provider-key
    private: true
    timeouts: { first-byte: 2s, idle: 1s }
models:
  claude-clinic: { system: clinic, use: [harbor-anthropic/harbor-claude] }
  clinic-embed: { system: clinic, use: [harbor/harbor-embed] }
  clinic-clean: { system: clinic, use: [harbor/harbor-small] }
`,
)

const CEDAR = `${CLINIC_CEDAR}
@id("clinicians-embed")
permit (principal in Team::"clinicians", action == Action::"embed", resource == Model::"clinic-embed");

@id("clean-models-see-no-credentials")
@tell("No credentials here.")
forbid (principal, action == Action::"infer", resource == Model::"clinic-clean")
when { context.findings.contains("credentials") || context.findings.contains("credentials:indeterminate") };
`

export const WORLD: Readonly<Record<string, string>> = {
  ...CLINIC,
  'sallyport.yaml': YAML,
  'policies/clinic.cedar': CEDAR,
}

/** The same, with more policies. */
export const worldWith = (cedar: string): Readonly<Record<string, string>> => ({
  ...WORLD,
  'policies/more.cedar': cedar,
})
