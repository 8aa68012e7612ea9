import { expect, test } from 'bun:test'
import type { ScanFinding, ScanReport } from './scan-report.ts'
import { sarifOf } from './scan-sarif.ts'

const finding = (path: string, kind = 'fake-key', line = 2): ScanFinding => ({
  path,
  kind,
  line,
  column: 3,
  endLine: line + 1,
  endColumn: 5,
})

interface Run {
  readonly tool: { readonly driver: unknown }
  readonly results: readonly {
    readonly locations: readonly { readonly physicalLocation: { readonly artifactLocation: unknown } }[]
  }[]
  readonly invocations: unknown
}

function runOf(report: Partial<ScanReport>): Run {
  const { runs } = sarif(report) as { runs: readonly Run[] }
  const [run] = runs
  if (!run) throw new Error('there is no run')
  return run
}

function sarif(report: Partial<ScanReport>): unknown {
  const whole = { findings: [], files: 1, allowed: 0, skipped: new Map(), unreadable: [], ...report }
  return JSON.parse(JSON.stringify(sarifOf(whole, '/home/me/project')))
}

test('a report holds what SARIF 2.1.0 requires, and what code hosts read', () => {
  const report = sarif({ findings: [finding('src/a.ts'), finding('src/a.ts', 'fake-block', 9)] })
  expect(report).toEqual({
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'sallyport',
            rules: [
              {
                id: 'fake-block',
                shortDescription: { text: 'A credential: fake-block' },
                help: {
                  text: 'Revoke it, keep its successor where secrets are kept, and write a reference to it here.',
                },
                defaultConfiguration: { level: 'error' },
              },
              {
                id: 'fake-key',
                shortDescription: { text: 'A credential: fake-key' },
                help: {
                  text: 'Revoke it, keep its successor where secrets are kept, and write a reference to it here.',
                },
                defaultConfiguration: { level: 'error' },
              },
            ],
          },
        },
        columnKind: 'utf16CodeUnits',
        invocations: [{ executionSuccessful: true, toolExecutionNotifications: [] }],
        results: [
          {
            ruleId: 'fake-key',
            ruleIndex: 1,
            level: 'error',
            message: { text: 'A credential: fake-key' },
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: 'src/a.ts' },
                  region: { startLine: 2, startColumn: 3, endLine: 3, endColumn: 5 },
                },
              },
            ],
            partialFingerprints: {
              'kindPathLine/v1': '263d04c0355165786457d34ec9fcc4a10e705c1a1929781902e2c63119c4456a',
            },
          },
          {
            ruleId: 'fake-block',
            ruleIndex: 0,
            level: 'error',
            message: { text: 'A credential: fake-block' },
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: 'src/a.ts' },
                  region: { startLine: 9, startColumn: 3, endLine: 10, endColumn: 5 },
                },
              },
            ],
            partialFingerprints: {
              'kindPathLine/v1': 'd65a6eb87b3d70bcc3534ba42d90cb4ce2f0b1817ad7be2ed01a49ef28944859',
            },
          },
        ],
      },
    ],
  })
})

test('without findings the results are an empty list: an absent one would mean that nobody looked', () => {
  const run = runOf({})
  expect(run.results).toEqual([])
  expect(run.tool.driver).toEqual({ name: 'sallyport', rules: [] })
})

test.each([
  ['src/a.ts', 'src/a.ts'],
  ['./src/../a b%.ts', 'a%20b%25.ts'],
  ['c:d/é#?.ts', 'c%3Ad/%C3%A9%23%3F.ts'],
  ['/home/me/project/x.ts', 'x.ts'],
  ['..hidden/x.ts', '..hidden/x.ts'],
  ['../other/x y.ts', 'file:///home/me/other/x%20y.ts'],
  ['/etc/app.conf', 'file:///etc/app.conf'],
  ['-', '-'],
])('the path %j is the URI %j', (path, uri) => {
  const { results } = runOf({ findings: [finding(path)] })
  expect(results[0]?.locations[0]?.physicalLocation.artifactLocation).toEqual({ uri })
})

test('what could not be read is told, and the run is no success', () => {
  const { invocations } = runOf({ unreadable: [{ path: 'gone.txt', why: 'there is no such file' }] })
  expect(invocations).toEqual([
    {
      executionSuccessful: false,
      toolExecutionNotifications: [
        {
          level: 'error',
          message: { text: 'cannot be read: there is no such file' },
          locations: [{ physicalLocation: { artifactLocation: { uri: 'gone.txt' } } }],
        },
      ],
    },
  ])
})
