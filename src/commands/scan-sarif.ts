// Findings as SARIF 2.1.0 (OASIS), one run. A fingerprint is of kind, path and line alone: of the value, even a hash
// would let whoever reads the report try guesses.
import { createHash } from 'node:crypto'
import { relative, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ScanFinding, ScanReport } from './scan-report.ts'

export function sarifOf({ findings, unreadable }: ScanReport, cwd: string): object {
  const kinds = [...new Set(findings.map(({ kind }) => kind))].sort()
  const places = new Map(kinds.map((kind, index) => [kind, index]))
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'sallyport', rules: kinds.map(ruleOf) } },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: unreadable.length === 0,
            toolExecutionNotifications: unreadable.map(({ path, why }) => ({
              level: 'error',
              message: { text: `cannot be read: ${why}` },
              locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(path, cwd) } } }],
            })),
          },
        ],
        results: findings.map((finding) => resultOf(finding, places.get(finding.kind) ?? -1, uriOf(finding.path, cwd))),
      },
    ],
  }
}

function ruleOf(kind: string): object {
  return {
    id: kind,
    shortDescription: { text: `A credential: ${kind}` },
    help: { text: 'Revoke it, keep its successor where secrets are kept, and write a reference to it here.' },
    defaultConfiguration: { level: 'error' },
  }
}

function resultOf({ kind, line, column, endLine, endColumn }: ScanFinding, ruleIndex: number, uri: string): object {
  return {
    ruleId: kind,
    ruleIndex,
    level: 'error',
    message: { text: `A credential: ${kind}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri },
          region: { startLine: line, startColumn: column, endLine, endColumn },
        },
      },
    ],
    partialFingerprints: { 'kindPathLine/v1': fingerprintOf(kind, uri, line) },
  }
}

/** No part of it holds a line feed: a URI has none, nor has a kind. */
function fingerprintOf(kind: string, uri: string, line: number): string {
  return createHash('sha256').update(`${kind}\n${uri}\n${line}`).digest('hex')
}

/** Relative to the working directory, as code hosts want it; of what lies outside, the whole `file:` URL. */
function uriOf(path: string, cwd: string): string {
  if (path === '-') return '-'
  const absolute = resolve(cwd, path)
  const inside = relative(cwd, absolute)
  if (inside === '..' || inside.startsWith(`..${sep}`)) return pathToFileURL(absolute).href
  if (inside === '') return '.'
  return inside.split(sep).map(encodeURIComponent).join('/')
}
