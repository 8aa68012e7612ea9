// What a name says of the value beside it: `db_password`, `githubToken`, `X-Api-Key`, `heroku key`.

export interface NameClass {
  /** A password may be weak; a secret was generated; a key is one only if a known service is named. */
  readonly strength: 'none' | 'password' | 'secret' | 'key'
  readonly service?: string
  /** The name denies it: only a value that is strong by itself counts. */
  readonly denied?: boolean
}

const NONE: NameClass = { strength: 'none' }

const PASSWORD = /passw(?:or)?d|passphrase|passcode|kennwort|passwort|contrase|motdepasse/
const PASSWORD_WORD = new Set([
  'pass',
  'pwd',
  'pw',
  'pswd',
  'passwd',
  'dbpass',
  'userpass',
  'mypass',
  'userpwd',
  'dbpwd',
])
const SECRET =
  /secret|token(?!s\b|s$|iz|_?count)|api_?key|access_?key|private_?key|signing_?key|encryption_?key|account_?key|master_?key|shared_?key|storage_?key|service_?key|auth_?key|deploy_?key|license_?key|subscription_?key|webhook_?key|hmac_?key|session_?key|credential/
const SECRET_WORD = new Set(['auth', 'creds', 'cred', 'authorization', 'bearer', 'apikeys', 'authtoken', 'jwt', 'pat'])

/** The last word of names of things about a secret. */
const ABOUT = new Set(
  (
    'id ids name names file files filename path dir url uri urls endpoint host type types kind length len size version count limit max min expires expiry expiration ttl ' +
    'expire age at time date field fields policy format regex pattern label title description desc message msg hint prompt error errors text help placeholder ' +
    'vault store selector manager provider service class source alias ref arn namespace scope scopes column row enabled required valid ' +
    'validator strength rules rule usage budget status state issuer algorithm alg header prefix suffix param parameter index chars charset alphabet map list set ' +
    'event handler callback function func method schema model results result iterator'
  ).split(' '),
)
/** Qualifiers that make a token or key something public, or a mere position. */
const PUBLIC = new Set(
  'next page cursor prev previous continuation csrf xsrf public pub publishable primary foreign sort partition bucket cache sequence vault keyvault sitekey nonce pagination sync push resume csrfmiddlewaretoken verification crumb'.split(
    ' ',
  ),
)

/** The name says that the value is none. Whoever writes it chooses it: of a value that is strong by itself it says nothing. */
const UNREAL = new Set('fake dummy invalid wrong mock example sample placeholder bogus malformed non'.split(' '))

/** Services that give out keys without a mark of their own. */
const SERVICES =
  'authress cohere flickr freemius harness maxmind polymarket scalingo newrelic relic facebook cisco pinata heroku hubspot algolia airtable alibaba aliyun asana adobe adafruit atlassian aws azure beamer bitbucket bittrex cloudant cloudflare codecov coinbase confluent contentful cos datadog discord droneci drone dropbox duffel dynatrace etsy facebook fastly finicity finnhub flickr freshbooks freshdesk frameio github gitlab gitter gocardless grafana hashicorp iam ibm ibmcloud intercom jira jfrog kraken kucoin launchdarkly linear linkedin lob looker mailchimp mailgun mapbox mattermost meraki messagebird netlify newrelic nytimes okta openai opsgenie pagerduty paypal plaid planetscale privateai pusher rapidapi readme salesforce sendbird sendgrid sendinblue sentry shippo shopify sidekiq slack snyk softlayer sonar splunk square squarespace stripe sumologic sumo supabase telegram todoist travis travisci trello twilio twitch twitter typeform vercel yandex zendesk zoom contribsys clou octopus weatherapi fly nexmo vonage wakatime rollbar bugsnag honeycomb'.split(
    ' ',
  )
const SERVICE = new Set(SERVICES)
const LONG_SERVICE = new RegExp(SERVICES.filter((name) => name.length >= 6).join('|'))

/** Names are the caller's choice, so the memory of them is bounded; most texts have few. */
const LARGEST_MEMORY = 2048
export type ClassifyName = (name: string) => NameClass

export function createClassifier(): ClassifyName {
  const known = new Map<string, NameClass>()
  return (name) => {
    const before = known.get(name)
    if (before) return before
    const result = classify(name)
    if (known.size >= LARGEST_MEMORY) known.clear()
    known.set(name, result)
    return result
  }
}

function classify(name: string): NameClass {
  const words = wordsOf(name)
  const last = words.at(-1) ?? ''
  const joined = words.join('_')
  const compact = words.join('')
  if (PASSWORD.test(compact) || words.some((word) => PASSWORD_WORD.has(word))) {
    return ABOUT.has(last) || words.includes('hash') || words.includes('reset') ? NONE : { strength: 'password' }
  }
  const service = words.find((word) => SERVICE.has(word)) ?? LONG_SERVICE.exec(compact)?.[0]
  const denied = words.some((word) => UNREAL.has(word)) ? { denied: true } : {}
  const named = { ...(service === undefined ? {} : { service }), ...denied }
  if (words.some((word) => PUBLIC.has(word))) return NONE
  if (service !== undefined && /(?:access|client)_?id$|login$|contribsys/.test(joined))
    return { strength: 'key', ...named }
  if (ABOUT.has(last)) return NONE
  if (SECRET.test(joined) || SECRET.test(compact) || words.some((word) => SECRET_WORD.has(word)))
    return { strength: 'secret', ...named }
  if (service !== undefined && words.includes('key')) return { strength: 'key', ...named }
  return NONE
}

/** `dbPassword`, `DB_PASSWORD`, `db-password` and `DB password` are the same two words. */
function wordsOf(name: string): readonly string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '')
}
