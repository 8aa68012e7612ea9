// The further prefixes of issuers that have many: as their manuals describe them, each with one character too few as near miss.
import { hex, letters, lower, type Sample, sample, upper, uuid, word } from './samples.fixture.ts'

/** The near miss lacks the last character, which the issuer's shape needs. */
const exact = (kind: string, prefix: string, body: string): Sample =>
  sample(kind, prefix, body, prefix + body.slice(0, -1))
/** Lengths vary: the near miss is far too short. */
const loose = (kind: string, prefix: string, body: string): Sample => sample(kind, prefix, body, `${prefix}abc`)

const digits = (length: number): string => '4829301746'.repeat(9).slice(0, length)

export const ISSUERS: readonly Sample[] = [
  ...['ASIA', 'ABIA', 'ACCA'].map((prefix) => exact('aws-access-key', prefix, upper(16))),
  exact('aws-access-key', 'A3T', upper(17)),
  ...['gho_', 'ghu_', 'ghs_', 'ghr_'].map((prefix) => exact('github-token', prefix, word(36))),
  ...['gldt-', 'glrt-', 'glcbt-', 'glptt-', 'glft-', 'glimt-', 'glagent-', 'gloas-', 'glsoat-', 'glffct-'].map(
    (prefix) => exact('gitlab-token', prefix, word(20)),
  ),
  exact('gitlab-token', 'GR1348941', word(20)),
  loose('slack-token', 'xoxp-', `${digits(12)}-${digits(12)}-${digits(12)}-${hex(32)}`),
  loose('slack-token', 'xoxe.xoxp-', `1-${word(146)}`),
  loose('slack-token', 'xapp-', `1-${upper(11)}-${digits(13)}-${hex(64)}`),
  ...['sk_test_', 'rk_live_', 'rk_test_'].map((prefix) => loose('stripe-key', prefix, word(99))),
  loose('stripe-webhook-secret', 'whsec_', word(32)),
  loose('google-oauth-token', 'ya29.', word(120)),
  loose('google-refresh-token', '1//0', word(99)),
  loose('openai-key', 'sk-proj-', `${word(74)}T3BlbkFJ${word(74)}`),
  loose('openai-key', 'sk-svcacct-', `${word(74)}T3BlbkFJ${word(74)}`),
  loose('openai-key', 'sk-admin-', `${word(74)}T3BlbkFJ${word(74)}`),
  loose('sallyport-key', 'sp_', `${word(12)}_${word(43)}`),
  exact('openrouter-key', 'sk-or-v1-', hex(64)),
  exact('anthropic-key', 'sk-ant-admin01-', `${word(91)}AA`),
  loose('anthropic-key', 'sk-ant-oat01-', word(95)),
  exact('huggingface-token', 'api_org_', letters(34)),
  exact('replicate-token', 'r8_', word(37)),
  exact('xai-key', 'xai-', word(80)),
  exact('langsmith-key', 'lsv2_pt_', `${hex(32)}_${hex(10)}`),
  loose('nvidia-key', 'nvapi-', word(64)),
  ...['doo_v1_', 'dor_v1_'].map((prefix) => exact('digitalocean-token', prefix, hex(64))),
  sample('databricks-token', 'dapi', `${hex(32)}-2`, `dapi${hex(31)}-2`),
  loose('vault-token', 'hvb.', word(150)),
  loose('vault-token', 'hvr.', word(90)),
  exact('vault-token', 's.', word(24)),
  loose('pypi-token', 'pypi-AgENdGVzdC5weXBpLm9yZw', word(120)),
  exact('rubygems-key', 'rubygems_', hex(48)),
  exact('clojars-token', 'CLOJARS_', lower(60)),
  loose('docker-token', 'dckr_oat_', word(32)),
  ...['shpca_', 'shppa_', 'shpss_'].map((prefix) => exact('shopify-token', prefix, hex(32))),
  exact('square-token', 'sq0csp-', word(43)),
  exact('twilio-account', 'AC', hex(32)),
  exact('mailgun-key', 'pubkey-', hex(32)),
  exact('sendinblue-key', 'xsmtpsib-', `${hex(64)}-${word(16)}`),
  exact('plaid-token', 'access-production-', uuid),
  exact('linear-key', 'lin_oauth_', hex(64)),
  exact('hubspot-token', 'pat-na1-', uuid),
  exact('launchdarkly-key', 'sdk-', uuid),
  exact('dynatrace-token', 'dt0c01.', `${upper(24)}.${upper(64)}`),
  loose('supabase-key', 'sb_secret_', word(31)),
  exact('supabase-key', 'sbp_', hex(40)),
  exact('linode-token', 'linode_', hex(64)),
  exact('contentful-token', 'CFPAT-', word(43)),
  exact('buildkite-token', 'bkua_', hex(40)),
  loose('atlassian-token', 'ATATT3', word(180)),
  loose('bitbucket-token', 'ATBB', word(32)),
  exact('easypost-key', 'EZAK', word(54)),
  exact('typeform-token', 'tfp_', word(59)),
]
