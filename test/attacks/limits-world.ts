// A clinic with limits: each model has one of its own, so that no test takes from another's.
import { CLINIC, CLINIC_YAML } from '../rig.ts'

const MODELS: Readonly<Record<string, string>> = {
  'few-requests': '',
  'few-denied': '',
  'only-one': '',
  'few-tokens': '',
  'any-tokens': '',
  spend: '',
  streams: '',
  warned: '',
  burst: '',
  soon: '',
  outage: '',
}

const LIMITS = `
limits:
  - { per: user, requests: 3/day, only: { models: [few-requests, claude] } }
  - { per: user, requests: 2/day, only: { models: [few-denied] } }
  - { per: model, requests: 1/day, sliding: true, only: { models: [only-one] } }
  - { per: user, tokens: 1000/day, only: { models: [few-tokens] } }
  - { per: team, tokens: 20k/day, only: { models: [any-tokens] } }
  - { per: team, spend: 0.01 USD/month, warn: 50%, only: { models: [spend] } }
  - { per: user, streams: 2, only: { models: [streams] } }
  - { per: user, requests: 10/day, warn: 80%, only: { models: [warned] } }
  - { per: user, requests: 1000/day, burst: 5/10s, only: { models: [burst] } }
  - { per: user, requests: 2/minute, sliding: true, only: { models: [soon] } }
  - { per: user, requests: 1/day, only: { models: [outage] } }
`

export const LIMITED: Readonly<Record<string, string>> = {
  ...CLINIC,
  'sallyport.yaml':
    CLINIC_YAML.replace('{ first-byte: 2s, idle: 1s }', '{ first-byte: 30s, idle: 10s }').replace(
      'models:\n',
      `  anthropic:
    kind: anthropic
    url: \${provider}/v1
    credential: file:provider-key
    private: true
models:
  claude: { system: clinic, use: [anthropic/harbor-claude] }
${Object.keys(MODELS)
  .map((name) => `  ${name}: { system: clinic, use: [harbor/harbor-small], price: { input: 10, output: 50 } }\n`)
  .join('')}`,
    ) + LIMITS,
}
