// The bundle that `sallyport init` writes: three files, made of four answers. Nothing in them is secret.

export interface Answers {
  readonly issuer: string
  readonly audience: string
  /** A reference: file:PATH or env:NAME. */
  readonly providerKey: string
  /** As the directory writes it. */
  readonly group: string
}

export interface Chosen extends Answers {
  readonly kind: 'openai' | 'anthropic'
  /** The claim that lists groups. */
  readonly claim: string
  /** The gateway's own origin. */
  readonly origin: string
}

/** Small and large: what callers call them, so that another model behind a name changes no program. */
const MODELS = {
  openai: { small: 'gpt-5-mini', large: 'gpt-5' },
  anthropic: { small: 'claude-haiku-4-5', large: 'claude-sonnet-5' },
} as const

export function bundleFiles(chosen: Chosen): ReadonlyMap<string, string> {
  return new Map([
    ['sallyport.yaml', settingsText(chosen)],
    ['policies/models.cedar', policyText(teamOf(chosen.group))],
    ['cases/models.yaml', casesText(teamOf(chosen.group))],
  ])
}

const WORDS = /^(?:true|false|null|yes|no|on|off)$/i

/** The group's own name as policies and paths can carry it. */
export function teamOf(group: string): string {
  // A GUID says nothing to whoever reads a policy.
  if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(group)) return 'members'
  const name = group
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replaceAll(/^-|-$/g, '')
  if (name === '') return 'members'
  // As a key, YAML would read it as a number or a truth.
  return /^[0-9]/.test(name) || WORDS.test(name) ? `team-${name}` : name
}

export function settingsText({ issuer, audience, providerKey, group, kind, claim, origin }: Chosen): string {
  const { small, large } = MODELS[kind]
  const team = teamOf(group)
  return `# Who may use which model. \`sallyport check\` reads this as the gateway does; docs/bundle.md says what else there is.
public: ${scalar(origin)} # where callers reach the gateway: the https origin, once it stands behind one

issuers: # who says who somebody is
  staff:
    url: ${scalar(issuer)} # exactly the \`iss\` of its tokens, to the last slash
    audience: ${scalar(audience)} # whom they are made out to
    groups: ${scalar(claim)} # the claim that lists groups

teams: # your directory's groups, named once
  ${team}: [${scalar(`staff:${group}`)}]

systems: # tier 1 assists, 2 acts reversibly, 3 acts irreversibly
  assistants: { tier: 1, owner: ${scalar(team)} } # owner: who answers for it; an address is best

providers: # the secret stays in its place, and is read again when it changes
  ${kind}: { kind: ${kind}, credential: ${scalar(providerKey)} }

models: # the name callers use -> where it goes, in order
  small: { system: assistants, use: [${kind}/${small}] }
  large: { system: assistants, use: [${kind}/${large}] }
`
}

const policyText = (team: string): string => `// What no policy permits is refused. @tell is what somebody reads who is.

@id("${team}-use-every-model")
@tell("The models are for ${team}.")
permit (principal in Team::"${team}", action == Action::"infer", resource in System::"assistants");
`

const casesText = (team: string): string => `# What must come of the policies: \`sallyport check\` runs these.
- name: somebody of ${team} uses a model
  who: { user: staff/ada, groups: [${scalar(team)}] }
  model: small
  expect: allow
  by: [${team}-use-every-model]

- name: a stranger does not, and is told whom it is for
  who: { user: staff/grace, groups: [] }
  model: small
  expect: deny
  tell: The models are for ${team}.
`

/** Bare where every reader of YAML takes it for the same text, in quotes otherwise. JSON's quotes are YAML's. */
function scalar(text: string): string {
  const bare = /^[A-Za-z](?:[A-Za-z0-9._/@-]|:(?=[A-Za-z0-9./]))*$/.test(text) && !WORDS.test(text)
  return bare ? text : JSON.stringify(text)
}
