// One made-up credential of each kind, put together at run time so that scanners of repositories pass by, and beside it a near
// miss. The first column is the kind, the second what has to be found, the third what must not.

export const hex = (length: number): string =>
  '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'.repeat(5).slice(0, length)
export const word = (length: number): string =>
  'k3Xw9RtB7mQz2LpV5nHc8JdY4sGf6TaE1uKo0iZvWqNbMx'.repeat(8).slice(0, length)
export const lower = (length: number): string => word(length).toLowerCase()
export const upper = (length: number): string => word(length).toUpperCase()
export const letters = (length: number): string => 'kXwRtBmQzLpVnHcJdYsGfTaEuKoiZvWqNbMx'.repeat(4).slice(0, length)
export const uuid = `${hex(8)}-4c7d-459a-9fea-${hex(12)}`
const b64 = (text: string): string => Buffer.from(text).toString('base64url')

export interface Sample {
  readonly kind: string
  readonly text: string
  readonly secret: string
  readonly nearMiss: string
}

export const sample = (kind: string, prefix: string, body: string, nearMiss: string): Sample => ({
  kind,
  text: `Use ${prefix}${body} for it.`,
  secret: prefix + body,
  nearMiss: `Use ${nearMiss} for it.`,
})

/** Where only the value beside a name is covered. */
const beside = (kind: string, before: string, secret: string, after: string, nearMiss: string): Sample => ({
  kind,
  text: before + secret + after,
  secret,
  nearMiss,
})

export const TOKENS: readonly Sample[] = [
  sample('aws-access-key', 'AKIA', upper(16), `AKIA${upper(15)}`),
  sample('aws-bedrock-key', 'ABSKQmVkcm9ja0FQSUtleS', word(90), 'ABSKQmVkcm9ja0FQSUtleS1'),
  sample('google-oauth-secret', 'GOCSPX-', word(28), `GOCSPX-${word(20)}`),
  sample('alibaba-access-key', 'LTAI', word(20), 'LTAIlongname'),
  sample('digitalocean-token', 'dop_v1_', hex(64), `dop_v1_${hex(63)}`),
  sample('heroku-key', 'HRKU-', word(60), 'HRKU-short'),
  sample('databricks-token', 'dapi', hex(32), `dapi${hex(31)}`),
  sample('vault-token', 'hvs.', word(90), 'hvs.placeholder'),
  sample('pulumi-token', 'pul-', hex(40), `vipul-${hex(40)}`),
  sample('doppler-token', 'dp.pt.', word(43), 'dp.pt.short'),
  sample('planetscale-token', 'pscale_tkn_', word(43), 'pscale_tkn_short'),
  sample('openshift-token', 'sha256~', word(43), `sha256:${hex(64)}`),
  sample('vercel-token', 'vcp_', word(40), 'vcp_abc'),
  sample('tailscale-key', 'tskey-', `auth-${word(12)}-${letters(24)}`, 'tskey-auth-short'),
  sample('prefect-key', 'pnu_', lower(36), `pnu_${lower(35)}`),
  sample('infracost-key', 'ico-', word(32), `fico-${word(32)}`),
  sample('github-token', 'ghp_', word(36), 'ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'),
  sample('github-token', 'github_pat_', word(82), 'github_pat_short'),
  sample('gitlab-token', 'glpat-', word(20), 'glpat-XXXXXXXXXXX-XXXXXXXX'),
  sample('npm-token', 'npm_', word(36), `npm_${word(30)}`),
  sample('pypi-token', 'pypi-AgEIcHlwaS5vcmc', word(90), 'pypi-AgEIcHlwaS5vcmc'),
  sample('docker-token', 'dckr_pat_', word(27), 'dckr_pat_tooshort'),
  sample('artifactory-key', 'AKCp', word(69), `AkCp${lower(69)}`),
  sample('sourcegraph-token', 'sgp_', hex(40), `sgp_${hex(39)}`),
  sample('sonar-token', 'squ_', hex(40), `squ_${hex(30)}`),
  sample('postman-key', 'PMAK-', `${hex(24)}-${hex(34)}`, `PMAK-${hex(24)}`),
  sample('shopify-token', 'shpat_', hex(32), `shpat_${hex(31)}`),
  sample('openai-key', 'sk-', `${word(20)}T3BlbkFJ${letters(20)}`, 'sk-openai-123456'),
  sample('anthropic-key', 'sk-ant-api03-', `${word(91)}AA`, `sk-ant-api03-${word(40)}`),
  sample('huggingface-token', 'hf_', letters(34), `hf_${letters(33)}`),
  sample('groq-key', 'gsk_', word(52), `gsk_${word(51)}`),
  sample('perplexity-key', 'pplx-', word(48), `pplx-${'x'.repeat(48)}`),
  sample('settlemint-token', 'sm_pat_', word(16), 'sm_pat_63n3ckcu93'),
  sample('slack-token', 'xoxb-', `263594206564-${word(24)}`, 'xoxb-Slack_BOT_TOKEN'),
  sample(
    'slack-webhook',
    'hooks.slack.com/services/',
    `T02${upper(6)}/B02${upper(6)}/${word(24)}`,
    'hooks.slack.com/services/',
  ),
  sample('twilio-key', 'SK', hex(32), `SK${hex(31)}`),
  sample('sendgrid-key', 'SG.', `${word(22)}.${word(43)}`, `AG.${word(22)}.${word(43)}`),
  sample('sendinblue-key', 'xkeysib-', `${hex(64)}-${word(16)}`, `xkeysib-${hex(64)}`),
  sample('mailgun-key', 'key-', hex(32), `key-${hex(31)}`),
  sample('stripe-key', 'sk_live_', word(40), 'sk_live_short'),
  sample('plaid-token', 'access-sandbox-', uuid, `access-sandbox-${hex(32)}`),
  sample('square-token', 'sq0atp-', word(22), `sq0atp-${word(21)}`),
  sample('easypost-key', 'EZTK', word(54), `EZTK${word(50)}`),
  sample('shippo-token', 'shippo_live_', hex(40), `shippo_live_${hex(39)}`),
  sample('linear-key', 'lin_api_', word(40), `lin_api_${word(20)}`),
  sample('notion-token', 'ntn_', `45647615172${word(35)}`, 'ntn_12345678901'),
  sample('airtable-token', 'pat', `${word(14)}.${hex(64)}`, `pat${word(14)}.${hex(60)}`),
  sample(
    '1password-secret-key',
    'A3-',
    'F0ANWP-F2UEZ0-5GTJE-V9S47-IVWVN-9THRH',
    'A3-XXXXXX-XXXXXXXXXXX-XXXXX-XXXXX-XXXXX',
  ),
  sample(
    'age-secret-key',
    'AGE-SECRET-KEY-1',
    'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHCE',
    'AGE-SECRET-KEY-1QPZRY',
  ),
  sample('grafana-token', 'glsa_', `${word(32)}_${hex(8)}`, `glsa_${'X'.repeat(32)}_${'A'.repeat(8)}`),
  sample('new-relic-key', 'NRAK-', upper(27), `NRAK-${upper(20)}`),
  sample('dynatrace-token', 'dt0c01.', `${upper(24)}.${upper(64)}`, `dt0c01.${upper(24)}`),
  sample('sentry-token', 'sntryu_', hex(64), `sntryu_${hex(63)}`),
  sample('azure-client-secret', '', `Kd98Q~${word(34)}`, `Kd98Q-${word(34)}`),
  sample('discord-token', '', `MTA5OTQ4MTM5OTU5MTAwMDE2.GSwJyi.${word(38)}`, `MTA5OTQ4MTM5OTU5.GSwJyi.${word(38)}`),
  sample('mailchimp-key', '', `${hex(32)}-us12`, `${hex(31)}-us12`),
  sample(
    'jwt',
    '',
    `${b64('{"alg":"HS256","typ":"JWT"}')}.${b64('{"sub":"1234567890","name":"A"}')}.${word(43)}`,
    `${b64('{"typ":"text"}')}.${b64('{"sub":"1234567890"}')}.x`,
  ),
]

export const BESIDE: readonly Sample[] = [
  beside('google-api-key', 'GEMINI_API_KEY=', `AIza${word(35)}`, '\n', `AIza${word(35)}`),
  beside('terraform-token', 'host aBcDeFgHiJkLmN', `.atlasv1.${word(66)}`, ' ', 'x.atlasv1.short'),
  beside('telegram-token', 'bot123456789:', `AA${word(33)}`, '/send', 'at 12:AAx'),
  beside(
    'connection-string',
    'postgres://app:',
    'hunter2-x',
    '@db.internal:5432/app',
    'postgres://db.internal:5432/app',
  ),
  beside('basic-auth', 'https://user:', 's3cr3tpw', '@example.org/', 'https://user:8080/path'),
  beside(
    'basic-auth',
    'curl -u elastic:',
    'P@ssw0rd$1',
    ' https://localhost',
    'curl -u user:password https://localhost',
  ),
  beside('basic-auth', 'Authorization: Basic ', 'YWRtaW46aHVudGVyMg==', '', 'Basic authentication is old'),
  beside('bearer-token', 'x: Bearer ', word(40), '\n', 'Bearer tokens are passed in a header'),
  beside('password', 'DB_PASSWORD="', 'tr0ub4dor&3', '"', 'password: string'),
  beside(
    'password',
    '{"name": "SMTP_PASSWORD", "value": "',
    'tr0ub4dor&3',
    '"}',
    '{"name": "SMTP_HOST", "value": "tr0ub4dor&3"}',
  ),
  beside('password', 'if ("', 'tr0ub4dor&3', '" == password) {', 'if ("tr0ub4dor&3" == title) {'),
  beside('generic-secret', '"api_key": "', word(32), '"', '"next_page_token": "5PZK7DFf0UCGInIK0UiZR"'),
  beside('generic-secret', 'login --token ', word(32), ' now', 'login --token your-token-here now'),
  beside('generic-secret', 'System.setProperty("MY_TOKEN", "', word(32), '")', 'System.setProperty("MY_TOKEN", token)'),
  beside('generic-secret', '<authToken>\n    ', word(32), '\n</authToken>', '<authToken>\n</authToken>'),
  beside('aws-secret-key', 'aws_secret_access_key = ', word(40), '\n', 'aws_secret_access_key = ${SECRET}'),
  beside('heroku-secret', 'heroku_api_key = "', uuid, '"', `order_id = "${uuid}"`),
  beside('datadog-secret', 'datadog_app_key: ', hex(40), '\n', `commit: ${hex(40)}`),
]

const armour = (word: string, label: string): string => `-----${word} ${label}-----`

export const KEY: Sample = {
  kind: 'private-key',
  text: `Here:\n${armour('BEGIN', 'RSA PRIVATE KEY')}\n${word(64)}\n${word(64)}\n${word(20)}==\n${armour('END', 'RSA PRIVATE KEY')}\nand more.`,
  secret: `${armour('BEGIN', 'RSA PRIVATE KEY')}\n${word(64)}\n${word(64)}\n${word(20)}==\n${armour('END', 'RSA PRIVATE KEY')}`,
  nearMiss: `${armour('BEGIN', 'PUBLIC KEY')}\n${word(64)}\n${armour('END', 'PUBLIC KEY')}`,
}

export const SAMPLES: readonly Sample[] = [...TOKENS, ...BESIDE, KEY]
