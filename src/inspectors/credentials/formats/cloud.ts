// Providers of clouds and hosting.
import {
  ALNUM,
  BASE64,
  BASE64_PADDED,
  BASE64URL,
  chars,
  HEX,
  LOWER_ALNUM,
  LOWER_HEX,
  UPPER_ALNUM,
} from '#inspectors/credentials/chars.ts'
import { isPlaceholder } from '#inspectors/credentials/placeholder.ts'
import { type Format, LOOK_BACK, type Reading } from '#inspectors/credentials/reading.ts'
import { notGlued, longToken, part, token } from '#inspectors/credentials/token.ts'

const AWS_ID = part(UPPER_ALNUM, 16)
/** The documentation of AWS ends its made-up ids so. */
const notExample = (value: string): boolean => !/EXAMPLE|([A-Z0-9]{4})\1{3}/.test(value)

const aws = ['AKIA', 'ASIA', 'ABIA', 'ACCA'].map((prefix) =>
  token('aws-access-key', prefix, [AWS_ID], { accept: (value) => notExample(value) || /^.{4}(.)\1{15}$/.test(value) }),
)
const awsOld = token('aws-access-key', 'A3T', [part(UPPER_ALNUM, 17)], {
  accept: (value) => notExample(value) || /(.)\1{15}$/.test(value),
})

/** Browsers and phones are given such keys, and pages are full of them: it takes a word of what it is for beside it. */
const CONTEXT = /(?:key|token|secret|gcp|google|gemini|vertex|maps|credential)[^\n]{0,24}$/i

function googleContext(value: string, { text }: Reading, at: number): boolean {
  if (/abcdefgh|12345678|EXAMPLE/i.test(value)) return false
  return CONTEXT.test(text.slice(Math.max(0, at - 48, at - LOOK_BACK), at))
}

const fly = chars('A-Z', 'a-z', '0-9', '+/=,_-')

export const CLOUD: readonly Format[] = [
  ...aws,
  awsOld,
  token('aws-bedrock-key', 'ABSKQmVkcm9ja0FQSUtleS', [part(BASE64_PADDED, 80, 280)], {
    accept: (value) => !value.includes('EXAMPLE'),
  }),
  token('aws-bedrock-key', 'bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t', [part(BASE64_PADDED, 0, 2000)]),
  token('google-api-key', 'AIza', [part(BASE64URL, 35)], { accept: googleContext }),
  token('google-oauth-secret', 'GOCSPX-', [part(BASE64URL, 28)]),
  longToken('google-oauth-token', 'ya29.', BASE64URL, 40),
  token('google-refresh-token', '1//0', [part(BASE64URL, 60, 200)], { opens: false }),
  token('alibaba-access-key', 'LTAI', [part(ALNUM, 16, 28)], { accept: (value) => /\d/.test(value) }),
  token('tencent-secret-id', 'AKID', [part(ALNUM, 32, 36)], {
    accept: (value) => /\d/.test(value) && /[a-z]/.test(value),
  }),
  token('digitalocean-token', 'dop_v1_', [part(LOWER_HEX, 64)]),
  token('digitalocean-token', 'doo_v1_', [part(LOWER_HEX, 64)]),
  token('digitalocean-token', 'dor_v1_', [part(LOWER_HEX, 64)]),
  token('heroku-key', 'HRKU-', [part(BASE64URL, 30, 70)]),
  token('cloudflare-origin-key', 'v1.0-', [part(LOWER_HEX, 24), '-', part(LOWER_HEX, 120, 160)]),
  token('databricks-token', 'dapi', [part(LOWER_HEX, 32)]),
  token('databricks-token', 'dapi', [part(LOWER_HEX, 32), '-', part(chars('0-9'), 1)], { rank: 0 }),
  token('terraform-token', '.atlasv1.', [part(chars('A-Z', 'a-z', '0-9', '_=-'), 60, 70)], { opens: false }),
  token('vault-token', 'hvs.', [part(BASE64URL, 20, 300)], { accept: mixed }),
  token('vault-token', 'hvb.', [part(BASE64URL, 60, 400)], { accept: mixed }),
  token('vault-token', 'hvr.', [part(BASE64URL, 20, 300)], { accept: mixed }),
  token('vault-token', 's.', [part(ALNUM, 24)], {
    accept: (value, { text }, at) => mixed(value) && text[at - 1] !== '.',
  }),
  token('pulumi-token', 'pul-', [part(LOWER_HEX, 40)]),
  token('doppler-token', 'dp.pt.', [part(ALNUM, 40, 48)]),
  token('doppler-token', 'dp.st.', [part(chars('A-Z', 'a-z', '0-9', '._-'), 40, 90)]),
  token('doppler-token', 'dp.ct.', [part(ALNUM, 40, 48)]),
  token('doppler-token', 'dp.sa.', [part(ALNUM, 40, 48)]),
  token('doppler-token', 'dp.scim.', [part(ALNUM, 40, 48)]),
  token('doppler-token', 'dp.audit.', [part(ALNUM, 40, 48)]),
  token('fly-token', 'fo1_', [part(BASE64URL, 43)]),
  longToken('fly-token', 'fm1r_', fly, 60),
  longToken('fly-token', 'fm1a_', fly, 60),
  longToken('fly-token', 'fm2_', fly, 60),
  token('planetscale-token', 'pscale_pw_', [part(chars('A-Z', 'a-z', '0-9', '=_.-'), 32, 64)]),
  token('planetscale-token', 'pscale_tkn_', [part(chars('A-Z', 'a-z', '0-9', '=_.-'), 32, 64)]),
  token('planetscale-token', 'pscale_oauth_', [part(chars('A-Z', 'a-z', '0-9', '=_.-'), 32, 64)]),
  token('clickhouse-key', '4b1d', [part(ALNUM, 38)], { accept: mixed }),
  token('openshift-token', 'sha256~', [part(BASE64URL, 43)]),
  token('vercel-token', 'vcp_', [part(ALNUM, 24, 64)]),
  token('vercel-token', 'vci_', [part(ALNUM, 24, 64)]),
  token('vercel-token', 'vca_', [part(ALNUM, 24, 64)]),
  token('vercel-token', 'vcr_', [part(ALNUM, 24, 64)]),
  token('vercel-token', 'vck_', [part(ALNUM, 24, 64)]),
  token('supabase-key', 'sbp_', [part(LOWER_HEX, 40)]),
  token('supabase-key', 'sb_secret_', [part(BASE64URL, 22, 60)]),
  token('tailscale-key', 'tskey-', [part(chars('a-z'), 3, 12), '-', part(ALNUM, 8, 24), '-', part(ALNUM, 20, 64)]),
  token('tailscale-key', 'tskey-', [part(chars('a-z'), 3, 12), '-', part(ALNUM, 8, 24), '-', part(ALNUM, 20, 64)], {
    opens: false,
    accept: afterDigit,
    rank: 2,
  }),
  token('azure-devops-token', 'AZDO', [part(ALNUM, 80)], { opens: false }),
  token('azure-storage-key', 'AccountKey=', [part(BASE64, 86), '=='], {
    opens: false,
    accept: (value) => !isPlaceholder(value),
  }),
  token('oracle-api-key', 'ocid1.credential.', [part(LOWER_ALNUM, 20, 100)]),
  token('yandex-api-key', 'AQVN', [part(BASE64URL, 35, 38)], { accept: mixed }),
  token('yandex-access-key', 'YCAJE', [part(BASE64URL, 20)]),
  token('scaleway-access-key', 'SCW', [part(UPPER_ALNUM, 17)], {
    accept: (value) => /\d.*[A-Z].*\d/.test(value.slice(3)),
  }),
  token('linode-token', 'linode_', [part(HEX, 64)]),
  token('render-key', 'rnd_', [part(ALNUM, 28, 40)], { accept: mixed }),
  token('netlify-token', 'nfp_', [part(ALNUM, 36, 44)]),
  token('prefect-key', 'pnu_', [part(LOWER_ALNUM, 36)]),
  token('prefect-key', 'pnb_', [part(LOWER_ALNUM, 36)]),
  token('defined-networking-key', 'dnkey-', [
    part(chars('A-Z', 'a-z', '0-9', '=_-'), 26),
    '-',
    part(chars('A-Z', 'a-z', '0-9', '=_-'), 52),
  ]),
  token('infracost-key', 'ico-', [part(ALNUM, 32)], {
    accept: (value, reading, at) => mixed(value) && notGlued(value, reading, at),
  }),
]

/** Letters and digits, or both cases: no lower-case name. */
function mixed(value: string): boolean {
  const body = value.slice(value.indexOf('.') + 1)
  return /\d/.test(body) && /[A-Za-z]/.test(body)
}

/** Glued to a digit or an underscore, where nothing else is written so. */
function afterDigit(_: string, { text }: Reading, at: number): boolean {
  return /[0-9]/.test(text[at - 1] ?? '')
}
