// The bundle of the OAuth conformance run: models of all three tiers, two issuers at which people log in and two that only make
// tokens, and one application of each kind.

export interface BundleGround {
  readonly origin: string
  readonly provider: string
  /** Two OIDC providers at which people log in. */
  readonly org: string
  readonly partner: string
  /** Tokens of people, and of workloads. */
  readonly staff: string
  readonly platform: string
  readonly client: { readonly id: string; readonly secret: string }
  /** JWK sets of applications, by name. */
  readonly keys: ReadonlyMap<string, object>
}

/** Where the applications of the bundle are sent. Nothing listens there: a test reads the address and goes no further. */
export const REDIRECT = 'http://127.0.0.1:9/callback'
export const PROGRAM = 'Conformance Program'

export function bundleFiles(ground: BundleGround): Readonly<Record<string, string>> {
  const { origin, client, keys } = ground
  const sets = [...keys].map(([name, set]) => [`keys/${name}.json`, JSON.stringify(set)] as const)
  return {
    'sallyport.yaml': yamlOf(ground, origin),
    'policies/conformance.cedar': CEDAR,
    'provider-key': 'conformance-provider-credential-0123456789\n',
    'login-secret': `${client.secret}\n`,
    ...Object.fromEntries(sets),
  }
}

const yamlOf = (
  { provider, org, partner, staff, platform, client }: BundleGround,
  origin: string,
): string => `public: ${origin}
issuers:
  org:
    url: ${org}
    audience: ${origin}
    groups: groups
    login: { client: ${client.id}, secret: file:login-secret, scopes: [openid, profile] }
  partner:
    url: ${partner}
    audience: ${origin}
    login: { client: ${client.id}, secret: file:login-secret }
  staff: { url: ${staff}, audience: ${origin}, groups: groups }
  platform: { url: ${platform}, audience: ${origin}, as: "App::platform/{sub}" }
teams:
  clinicians: ["org:clinicians", "staff:clinicians"]
systems:
  desk: { tier: 1, owner: desk@conformance.example }
  ledger: { tier: 2, owner: ledger@conformance.example }
  records: { tier: 3, owner: records@conformance.example }
providers:
  harbor: { kind: openai-compatible, url: "${provider}/v1", credential: file:provider-key, private: true }
models:
  desk-small: { system: desk, use: [harbor/harbor-small] }
  ledger-small: { system: ledger, use: [harbor/harbor-small] }
  records-small: { system: records, use: [harbor/harbor-small] }
applications:
  helper:
    environment: test
    use: conformance
    keys: file:keys/helper.json
    users: [org, staff]
    redirect: ["${REDIRECT}"]
    models: [desk-small]
    actions: [infer, embed]
  other:
    environment: test
    use: conformance
    keys: file:keys/other.json
    users: [org, staff, partner]
    redirect: ["${REDIRECT}"]
    models: [desk-small]
    networks: [127.0.0.0/8]
  accountant:
    environment: test
    use: conformance
    keys: file:keys/accountant.json
    models: [ledger-small]
  distant:
    environment: test
    use: conformance
    keys: file:keys/distant.json
    models: [ledger-small]
    networks: [192.0.2.0/24]
  archivist:
    environment: test
    use: conformance
    keys: file:keys/archivist.json
    models: [records-small]
  builder:
    environment: test
    use: conformance
    workload: { issuer: platform, subject: "repo:harbor/builder" }
    models: [desk-small]
sessions:
  clients: { documents: true, registration: ["${PROGRAM}"] }
`

const CEDAR = `@id("everybody-asks")
permit (principal, action == Action::"infer", resource);
`

export const APPLICATIONS = ['helper', 'other', 'accountant', 'distant', 'archivist'] as const
export type Application = (typeof APPLICATIONS)[number]
