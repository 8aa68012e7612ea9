// Hosts of code, packages and builds.
import {
  ALNUM,
  BASE64URL,
  chars,
  HEX,
  LOWER_ALNUM,
  LOWER_HEX,
  UPPER_ALNUM,
  WORD,
} from '#inspectors/credentials/chars.ts'
import { endsInCrc32 } from '#inspectors/credentials/checksum.ts'
import type { Format } from '#inspectors/credentials/reading.ts'
import { longToken, part, token } from '#inspectors/credentials/token.ts'

const github = ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'].map((prefix) =>
  token('github-token', prefix, [part(ALNUM, 36, 251)], { certain: endsInCrc32 }),
)

/** https://docs.gitlab.com: all have at least 20 characters behind the prefix; newer ones go on with `.` and where they lead. */
const GITLAB = [
  'glpat-',
  'gldt-',
  'glrt-',
  'glrtr-',
  'glcbt-',
  'glptt-',
  'glft-',
  'glimt-',
  'glagent-',
  'gloas-',
  'glsoat-',
  'glffct-',
  'glwt-',
]
const gitlab = GITLAB.map((prefix) =>
  token('gitlab-token', prefix, [part(chars('A-Z', 'a-z', '0-9', '_.-'), 20, 300)], { accept: notWords }),
)

const jfrog = { accept: (value: string): boolean => /\d/.test(value) }

export const CODE: readonly Format[] = [
  ...github,
  token('github-token', 'github_pat_', [part(WORD, 60, 255)]),
  ...gitlab,
  token('gitlab-token', 'GR1348941', [part(BASE64URL, 20)], { accept: (value) => !/(.{3,4})\1\1/.test(value) }),
  token('gitlab-session', '_gitlab_session=', [part(LOWER_HEX, 32)], { opens: false }),
  token('bitbucket-token', 'ATBB', [part(BASE64URL, 28, 32)], { accept: jfrog.accept }),
  longToken('atlassian-token', 'ATATT3', chars('A-Z', 'a-z', '0-9', '_=-'), 100),
  longToken('atlassian-token', 'ATCTT3', chars('A-Z', 'a-z', '0-9', '_=-'), 100),
  token('npm-token', 'npm_', [part(ALNUM, 36)], { certain: endsInCrc32 }),
  longToken('pypi-token', 'pypi-AgEIcHlwaS5vcmc', BASE64URL, 50),
  longToken('pypi-token', 'pypi-AgENdGVzdC5weXBpLm9yZw', BASE64URL, 50),
  token('rubygems-key', 'rubygems_', [part(LOWER_HEX, 48)]),
  token('crates-token', 'cio', [part(ALNUM, 32)], jfrog),
  token('clojars-token', 'CLOJARS_', [part(ALNUM, 60)]),
  token('nuget-key', 'oy2', [part(LOWER_ALNUM, 43)], jfrog),
  token('docker-token', 'dckr_pat_', [part(BASE64URL, 27, 40)]),
  token('docker-token', 'dckr_oat_', [part(BASE64URL, 27, 40)]),
  token('artifactory-key', 'AKCp', [part(ALNUM, 69)], jfrog),
  token('artifactory-key', 'AKC', [part(ALNUM, 10, 128)], {
    rank: 3,
    accept: (value, { text }, at) => /\d/.test(value) && /[a-z]/.test(value) && text[at - 1] !== ' ',
  }),
  token('artifactory-token', 'cmVmd', [part(ALNUM, 59)], jfrog),
  token('sourcegraph-token', 'sgp_', [part(HEX, 40)]),
  token('sourcegraph-token', 'sgp_', [part(HEX, 16), '_', part(HEX, 40)]),
  token('sourcegraph-token', 'sgp_local_', [part(HEX, 40)]),
  token('sonar-token', 'squ_', [part(ALNUM, 40)]),
  token('sonar-token', 'sqp_', [part(ALNUM, 40)]),
  token('sonar-token', 'sqa_', [part(ALNUM, 40)]),
  token('circleci-token', 'CCIPAT_', [part(ALNUM, 20, 24), '_', part(HEX, 40)]),
  token('circleci-token', 'CCIPRJ_', [part(ALNUM, 20, 24), '_', part(HEX, 40)]),
  token('buildkite-token', 'bkua_', [part(LOWER_HEX, 40)]),
  token('octopus-key', 'API-', [part(UPPER_ALNUM, 26)], { accept: octopus }),
  token('postman-key', 'PMAK-', [part(LOWER_HEX, 24), '-', part(LOWER_HEX, 34)]),
  token('readme-key', 'rdme_', [part(LOWER_ALNUM, 70)]),
  token('scalingo-token', 'tk-us-', [part(BASE64URL, 48)]),
  token('shopify-token', 'shpat_', [part(HEX, 32)]),
  token('shopify-token', 'shpca_', [part(HEX, 32)]),
  token('shopify-token', 'shppa_', [part(HEX, 32)]),
  token('shopify-token', 'shpss_', [part(HEX, 32)]),
  token('typeform-token', 'tfp_', [part(chars('A-Z', 'a-z', '0-9', '._=-'), 59)]),
]

/** Words with hyphens are no token, nor are the masks of documentation. */
function notWords(value: string): boolean {
  const body = value.slice(value.indexOf('-') + 1)
  return /\d/.test(body) && !/XXXX|xxxx/.test(body) && !/\.{2}/.test(body)
}

/** Ids of pages look alike, but are addresses: `notion.site/API-…`. */
function octopus(value: string, { text }: { readonly text: string }, at: number): boolean {
  return !/[/_-]/.test(text[at - 1] ?? '') && /[A-Z]/.test(value.slice(4)) && /\d.*\d/.test(value)
}
