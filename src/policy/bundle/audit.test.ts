import { describe, expect, test } from 'bun:test'
import { loadClinic, printed, settingsWith, soundClinic } from './clinic-fixture.ts'

const KEY = 'witness.example/one+88ebd834+BAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH'

/** The clinic with this `audit:`, and a second file for secrets. */
const withAudit = (audit: string, system = 'tier: 1'): Readonly<Record<string, string>> => ({
  ...settingsWith(['context:', `audit: ${audit}\ncontext:`], ['tier: 1', system]),
  'secrets/s3': 'not-a-real-secret',
})
const auditOf = async (audit: string) => (await soundClinic(withAudit(audit))).config.audit
const problems = async (audit: string, system?: string): Promise<readonly string[]> =>
  printed(await loadClinic(withAudit(audit, system))).map((line) => line.replace('sallyport.yaml:', ''))

const DAY = 86_400_000

test('nothing said is three years of exchanges and changes, one of reads, a new log each 30 days, and nobody else', async () => {
  expect((await soundClinic()).config.audit).toEqual({
    retention: { exchanges: 94_608_000_000, changes: 94_608_000_000, reads: 31_536_000_000 },
    rotate: 2_592_000_000,
    copies: [],
    streams: [],
    witnesses: [],
  })
})

test('what is not said of retention stays as it is', async () => {
  expect(await auditOf('{ retention: { reads: 400d }, rotate: 12h }')).toMatchObject({
    retention: { exchanges: 1095 * DAY, changes: 1095 * DAY, reads: 400 * DAY },
    rotate: 43_200_000,
  })
})

describe('a copy', () => {
  test('is a directory', async () => {
    expect((await auditOf('{ copies: { offsite: { directory: /mnt//audit/ } } }')).copies).toEqual([
      { name: 'offsite', to: 'directory', path: '/mnt/audit' },
    ])
  })

  test('is a bucket, with secrets by reference', async () => {
    const s3 =
      's3: { bucket: audit.clinic, prefix: a/b, region: eu-central-1, key: file:secrets/s3, secret: file:secrets/s3 }'
    const [place] = (await auditOf(`{ copies: { one: { ${s3} } } }`)).copies
    expect(place).toEqual({
      name: 'one',
      to: 's3',
      bucket: 'audit.clinic',
      prefix: 'a/b',
      region: 'eu-central-1',
      key: { from: 'file', path: expect.stringContaining('/secrets/s3') },
      secret: { from: 'file', path: expect.stringContaining('/secrets/s3') },
    })
    const own =
      's3: { bucket: audit, endpoint: "http://minio.internal:9000/", private: true, key: file:secrets/s3, secret: file:secrets/s3 }'
    expect((await auditOf(`{ copies: { one: { ${own} } } }`)).copies[0]).toMatchObject({
      endpoint: 'http://minio.internal:9000',
      prefix: '',
    })
  })
})

test('a stream goes to standard output, or to a collector', async () => {
  const streams =
    'siem: { to: stdout, format: ocsf }, traces: { to: otlp, url: "http://127.0.0.1:4318", signals: [traces] }, all: { to: otlp, url: "http://otel.internal:4318", private: true, authorization: file:secrets/s3 }'
  expect((await auditOf(`{ streams: { ${streams} } }`)).streams).toEqual([
    { name: 'siem', to: 'stdout', format: 'ocsf' },
    { name: 'traces', to: 'otlp', url: 'http://127.0.0.1:4318', signals: ['traces'], format: 'native', private: false },
    {
      name: 'all',
      to: 'otlp',
      url: 'http://otel.internal:4318',
      signals: ['logs', 'traces'],
      format: 'native',
      authorization: { from: 'file', path: expect.stringContaining('/secrets/s3') },
      private: true,
    },
  ])
})

test('a witness is an address and the key of a cosigner', async () => {
  expect(
    (await auditOf(`{ witnesses: { audit-team: { url: "https://w.example/", key: "${KEY}" } } }`)).witnesses,
  ).toEqual([{ name: 'audit-team', url: 'https://w.example', key: KEY, private: false }])
})

test('less than LOG-08 asks for is warned of, by the name of the control', async () => {
  expect(await problems('{ retention: { exchanges: 2y, changes: 2y, reads: 364d } }')).toEqual([
    '! 14:34 audit.retention.exchanges: is less than the 3 years that LOG-08 asks of access control changes, such as a new bundle, and 2 years of injection attempts | Write 3y or more, unless less is meant.',
    '! 14:47 audit.retention.changes: is less than the 3 years that LOG-08 asks of access control changes | Write 3y or more, unless less is meant.',
    '! 14:58 audit.retention.reads: is less than the 1 year that LOG-08 asks of who read the logs | Write 1y or more, unless less is meant.',
  ])
  expect(await problems('{ retention: { exchanges: 1095d, changes: 1095d, reads: 365d } }')).toEqual([])
})

const S3 = 'key: file:secrets/s3, secret: file:secrets/s3'

const WRONG: readonly (readonly [name: string, audit: string, problems: readonly string[]])[] = [
  [
    'with a key that nobody knows',
    '{ retension: { reads: 1y } }',
    ['14:10 audit.retension: is not a known key | Did you mean retention?'],
  ],
  [
    'with a kind of log that nobody knows',
    '{ retention: { change: 3y } }',
    ['14:23 audit.retention.change: is not a known key | Did you mean changes?'],
  ],
  [
    'that is kept for minutes',
    '{ retention: { reads: 5m }, rotate: 10m }',
    [
      '14:30 audit.retention.reads: must be a time from 1d to 100y, but is "5m" | Write a whole number and h, d or y: 30d.',
      '14:44 audit.rotate: must be a time from 1h to 1y, but is "10m" | Write a whole number and h, d or y: 30d.',
    ],
  ],
  [
    'with a copy of a name that a line cannot carry',
    '{ copies: { Off_site: { directory: /mnt/a } } }',
    [
      '14:20 audit.copies.Off_site: is not a name for one of the copies | Use lower-case letters, digits and dash, beginning with a letter or digit, 32 at most.',
    ],
  ],
  [
    'with a copy in two places at once',
    `{ copies: { one: { directory: /mnt/a, s3: { bucket: audit, ${S3} } } } }`,
    [
      '14:25 audit.copies.one: must have one of `directory` and `s3` | Write `directory: /mnt/audit`, or `s3: { bucket: …, key: file:PATH, secret: file:PATH }`.',
    ],
  ],
  [
    'with two copies in one place',
    '{ copies: { one: { directory: /mnt/a }, two: { directory: /mnt/a/ } } }',
    ['14:53 audit.copies.two: is the same place as one | Remove one of the two.'],
  ],
  [
    'with a copy somewhere below where it is run',
    '{ copies: { one: { directory: mnt/a } } }',
    ['14:38 audit.copies.one.directory: must be an absolute path, but is "mnt/a" | Write it in full: /mnt/audit.'],
  ],
  [
    'with a bucket in the clear',
    `{ copies: { one: { s3: { bucket: audit, endpoint: "http://minio.internal", ${S3} } } } }`,
    [
      '14:58 audit.copies.one.s3.endpoint: is http to another machine: anyone on the way could read and change it | Use https, or say `private: true` if it stands in a network of your own.',
    ],
  ],
  [
    'with a secret written down',
    '{ copies: { one: { s3: { bucket: audit, key: AKIAZx81kfQw99aLmPq7, secret: file:secrets/s3 } } } }',
    [
      '14:53 audit.copies.one.s3.key: holds a secret in the clear | Put the secret into a file of mode 0600 and write `file:PATH`, or write `vault:PATH#KEY` or `env:NAME`. Then replace the secret: it has been written down.',
    ],
  ],
  [
    'whose prefix leads elsewhere',
    `{ copies: { one: { s3: { bucket: audit, prefix: "../other", ${S3} } } } }`,
    [
      '14:56 audit.copies.one.s3.prefix: must be a prefix such as sallyport/audit, but is "../other" | Use letters, digits, dot, dash and underscore, with slashes between and none at the ends.',
    ],
  ],
  [
    'with a vault that is not there',
    '{ copies: { one: { s3: { bucket: audit, key: "vault:kv/s3#key", secret: "vault:kv/s3#secret" } } } }',
    [
      '1:1 : lacks `vault`, which copy one refers to | Add `vault: { url: https://vault.example.com:8200, token: file:PATH }`.',
    ],
  ],
  [
    'with an address for standard output',
    '{ streams: { one: { to: stdout, url: "https://otel.example" } } }',
    ['14:45 audit.streams.one.url: says nothing of standard output | Remove it, or write `to: otlp`.'],
  ],
  [
    'with a collector that is nowhere',
    '{ streams: { one: { to: otlp } } }',
    ['14:26 audit.streams.one: lacks `url` | Add the address of the collector: url: https://host:4318.'],
  ],
  [
    'whose witness signs like a log',
    `{ witnesses: { one: { url: "https://w.example", key: "${KEY.replace('BAcH', 'AQcH')}" } } }`,
    [
      '14:61 audit.witnesses.one.key: is not the verifier key of a witness | Copy the line NAME+ID+BASE64 that `sallyport witness` printed.',
    ],
  ],
]

test.each(WRONG)('an audit %s is refused', async (_, audit, expected) => {
  const found = await problems(audit)
  expect(found).toEqual([...expected])
  expect(found.join()).not.toContain('Zx81kfQw99')
})

test('a secret of the environment is for tier 1 alone', async () => {
  const copies = '{ copies: { one: { s3: { bucket: audit, key: env:S3_KEY, secret: file:secrets/s3 } } } }'
  expect(await problems(copies)).toEqual([])
  expect((await problems(copies, 'tier: 2')).filter((line) => line.includes('audit'))).toEqual([
    '14:8 audit: has a secret of copy one that is env:, beside system clinic of tier 2 | Write it as file:PATH; env: is for tier 1 only.',
  ])
})
