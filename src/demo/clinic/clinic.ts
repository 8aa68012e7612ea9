// The bundle of Harbor Clinic: its policies and cases lie beside this file; its addresses are known only when it starts.

export interface ClinicAddresses {
  readonly gateway: string
  readonly provider: string
  readonly issuer: string
  readonly audience: string
}

export function clinicYaml(at: ClinicAddresses): string {
  return `# Harbor Clinic, the demo. Written anew at each start.
public: ${at.gateway}

issuers:
  harbor: { url: ${at.issuer}, audience: ${at.audience}, groups: groups, as: "User::{sub}" }

teams:
  clinicians:         [harbor:clinicians]
  billing:            [harbor:billing]
  payments-approvers: [harbor:payments-approvers]
  auditors:           [harbor:auditors]
  intake:             [] # of applications alone

systems:
  clinic: { tier: 1, owner: platform@harbor.example }

providers:
  harbor: { kind: openai-compatible, url: ${at.provider}/v1, credential: file:../provider-key, private: true }
  # The same server once more: a provider speaks one protocol, and nothing is translated.
  harbor-anthropic: { kind: anthropic, url: ${at.provider}/v1, credential: file:../provider-key, private: true }

models:
  clinic-small:  { system: clinic, use: [harbor/harbor-small] }
  clinic-large:  { system: clinic, use: [harbor/harbor-large] }
  clinic-embed:  { system: clinic, use: [harbor/harbor-embed] }
  claude-clinic: { system: clinic, use: [harbor-anthropic/harbor-claude] }

# Programs that ask for sessions: this one writes letters for clinicians, from this machine alone.
applications:
  letters:
    team: intake
    environment: production
    use: drafts letters for whoever is at the desk
    keys: file:letters.json
    users: [harbor]
    models: [clinic-small]
    actions: [infer]
    networks: [127.0.0.0/8, "::1/128"]

# Passwords and keys are cut out of prompts and answers. \`block\` would refuse them, \`flag\` only record them.
inspectors:
  credentials: { request: redact, answer: redact }

context:
  headers:  [x-purpose]
  metadata: [ticket]
`
}
