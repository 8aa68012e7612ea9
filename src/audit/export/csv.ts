// Entries as CSV (RFC 4180), with columns that stay as they are. A spreadsheet takes a cell that begins with certain characters for a
// formula, and a name that a caller chose may begin so: such a cell gets an apostrophe before it, which a spreadsheet does not show. So does
// what follows a semicolon, a tab or a line end: where these part cells, by the reader's language or choice, a cell begins there.
import { fieldsOf, type Logged, recordsOf, textOf, textsOf } from './logged.ts'

/** Later releases add columns at the end, and take none away. */
const COLUMNS = [
  'log',
  'index',
  'id',
  'time',
  'kind',
  'exchange',
  'principal_type',
  'principal',
  'groups',
  'key',
  'chain',
  'source',
  'session',
  'system',
  'tier',
  'action',
  'resource_type',
  'resource',
  'decision',
  'reason',
  'policies',
  'targets',
  'bundle',
  'status',
  'ended',
  'bytes',
  'us',
  'input_tokens',
  'output_tokens',
  'findings',
  'indicator',
  'what',
  'subject',
  'by',
  'why',
  'parent',
  'client',
  'grant',
  'token',
  'scope',
  'trust',
  'bound',
  'labels',
  'duration',
  'calls',
  'tokens',
  'flags',
  'cost',
] as const

type Column = (typeof COLUMNS)[number]

/** With its line end. */
export const csvHeader = (): string => `${COLUMNS.join(',')}\r\n`

/** One row, with its line end. Fields that have no column are left out: jsonl has all. */
export function csvRow(logged: Logged): string {
  const cells = cellsOf(logged)
  return `${COLUMNS.map((column) => cell(cells[column])).join(',')}\r\n`
}

type Cells = { readonly [name in Column]?: unknown }

function cellsOf({ log, index, entry }: Logged): Cells {
  if (!entry) return { log, index, kind: 'unreadable' }
  const principal = fieldsOf(entry['principal'])
  const resource = fieldsOf(entry['resource'])
  const usage = fieldsOf(entry['usage'])
  // Columns that are called as the field is; the others stand beneath.
  return {
    ...Object.fromEntries(COLUMNS.map((column) => [column, entry[column]])),
    log,
    index,
    principal_type: principal?.['type'],
    principal: principal?.['id'],
    groups: list(textsOf(principal?.['groups'])),
    key: principal?.['key'],
    chain: list(recordsOf(principal?.['chain']).map(({ type, id }) => `${String(type)}::${String(id)}`)),
    resource_type: resource?.['type'],
    resource: resource?.['id'],
    policies: list(textsOf(entry['policies'])),
    targets: list(textsOf(entry['targets'])),
    input_tokens: usage?.['input'],
    output_tokens: usage?.['output'],
    findings: list(
      recordsOf(entry['findings']).map(
        ({ kind, place, action }) => `${String(kind)} ${String(place)} ${String(action)}`,
      ),
    ),
    labels: list(textsOf(entry['labels'])),
    // Of a secret the reference is what it is about.
    subject: textOf(entry['subject']) ?? entry['reference'],
  }
}

const list = (members: readonly string[]): string => members.join(' | ')

/** Beginnings of formulas, those in full width too. */
const FORMULA = /(?<=^|[;\t\r\n])(?=[ "]?[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])/g
const QUOTED = /[",\r\n]/

function cell(value: unknown): string {
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string') return ''
  const safe = value.replaceAll(FORMULA, "'")
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
