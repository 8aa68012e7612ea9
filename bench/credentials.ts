// How many credentials the inspector finds, what it takes for one that is none, and what it costs; beside secretlint on the
// same rows. Rows are other people's labelled cases; without them only the speed is measured.
import { lintSource } from '@secretlint/core'
import { creator } from '@secretlint/secretlint-rule-preset-recommend'
import { join } from 'node:path'
import { FAMILIES, filled } from '#inspectors/credentials/adversarial.fixture.ts'
import { credentialsInspector, scanText, scoreOf } from '#inspectors/credentials/credentials.ts'
import { auc, mean, recallAt, type Scored, shareOf } from './measure/accuracy.ts'
import { ordinaryText } from './measure/ordinary-text.ts'
import { readRows } from './measure/rows.ts'
import { type BenchResult, benchResult, type BenchRow } from './result.ts'

const STANDARD = join(import.meta.dirname, '..', '..', 'shared', 'data', 'credentials.jsonl.gz')
const PIECE = 16_384
const TURNS = 31

interface Row {
  readonly text: string
  readonly label: 0 | 1
  readonly kind?: string
  readonly tier?: string
  readonly source?: string
}

interface Judged extends Row, Scored {
  readonly found: boolean
}

const inspector = credentialsInspector({ secrets: () => HELD })
const HELD = [{ kind: 'gate-secret', value: 'Zk7-secret/of the+gate' }]

export async function bench(args: readonly string[] = []): Promise<BenchResult> {
  const rows = readRows(args, STANDARD) as readonly Row[] | undefined
  if (!rows) console.log(`no rows at ${STANDARD}: only the speed is measured (or give --rows FILE)`)
  const speed = ordinarySpeed()
  const tables = rows
    ? [...ours(rows, speed), ...(await theirs(rows))]
    : [{ case: 'all', target: 'sallyport', mb_s: speed }]
  return benchResult('credentials', [...tables, ...adversarial()], {})
}

function ours(rows: readonly Row[], speed: number): readonly BenchRow[] {
  const judged = rows.map((row) => ({ ...row, found: scanText(row.text).length > 0, score: scoreOf(row.text) }))
  const cost = median(Array.from({ length: TURNS }, () => elapsed(() => rows.forEach(({ text }) => scanText(text)))))
  const characters = rows.reduce((sum, { text }) => sum + text.length, 0)
  const all = {
    case: 'all',
    target: 'sallyport',
    ...found(judged),
    mb_s: speed,
    ...defined({ auc: auc(judged), recall_at_1pct: recallAt(judged, 0.01) }),
    us_per_kb: (cost * 1000) / Math.max(1, characters / 1000),
  }
  return [all, ...sources(judged, 'sallyport')]
}

async function theirs(rows: readonly Row[]): Promise<readonly BenchRow[]> {
  const config = { rules: [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: creator }] }
  const judged: Judged[] = []
  for (const row of rows) {
    const source = { content: row.text, filePath: 'row.txt', ext: '.txt', contentType: 'text' as const }
    const { messages } = await lintSource({ source, options: { config } })
    judged.push({ ...row, found: messages.length > 0, score: messages.length > 0 ? 1 : 0 })
  }
  return [{ case: 'all', target: 'secretlint', ...found(judged) }, ...sources(judged, 'secretlint')]
}

/** Figures that the rows do not give are left out. */
function found(rows: readonly Judged[]): Readonly<Record<string, number>> {
  const flagged = ({ found }: Judged): boolean => found
  const ones = rows.filter(({ label }) => label === 1)
  const zeros = rows.filter(({ label }) => label === 0)
  const bySource = [...Map.groupBy(ones, ({ source }) => source).values()].flatMap(
    (group) => shareOf(group, flagged) ?? [],
  )
  return defined({
    rows: rows.length,
    recall: shareOf(ones, flagged),
    recall_macro: mean(bySource),
    fpr: shareOf(
      zeros.filter(({ tier }) => tier === 'hardneg'),
      flagged,
    ),
    lookalike_flagged: shareOf(
      zeros.filter(({ tier }) => tier === 'lookalike'),
      flagged,
    ),
  })
}

const sources = (rows: readonly Judged[], target: string): readonly BenchRow[] =>
  [...Map.groupBy(rows, ({ source }) => source ?? 'unnamed')].map(([source, group]) => {
    const { recall_macro: _, ...figures } = found(group)
    return Object.assign({ case: `source:${source}`, target }, figures)
  })

function ordinarySpeed(): number {
  const text = ordinaryText(4_000_000)
  // Each piece is decoded by itself, as in traffic: one long dash does not make megabytes of wide characters.
  const pieces = piecesOf(text).map((piece) => Buffer.from(piece).toString())
  for (let turn = 0; turn < 5; turn += 1) read(pieces)
  return Buffer.byteLength(text) / 1000 / median(Array.from({ length: TURNS }, () => elapsed(() => read(pieces))))
}

/** The worst text of each family, and how much more a character costs in ten times as much of it. */
function adversarial(): readonly BenchRow[] {
  return Object.entries(FAMILIES).map(([family, units]) => {
    const costs = units.map((unit) => {
      const [small, large] = [100_000, 1_000_000].map((length) => {
        const pieces = piecesOf(filled(unit, length))
        for (let turn = 0; turn < 3; turn += 1) read(pieces)
        return (median(Array.from({ length: 3 }, () => elapsed(() => read(pieces)))) * 1e6) / length
      })
      return { small: small ?? 0, large: large ?? 0 }
    })
    return {
      case: `adversarial:${family}`,
      target: 'sallyport',
      worst_ns_per_byte: Math.max(...costs.map(({ large }) => large)),
      growth_of_10: Math.max(...costs.map(({ small, large }) => (10 * large) / small)),
    }
  })
}

function piecesOf(text: string): readonly string[] {
  const count = Math.ceil(text.length / PIECE)
  return Array.from({ length: count }, (_, index) => text.slice(index * PIECE, (index + 1) * PIECE))
}

function read(pieces: readonly string[]): void {
  const lane = inspector.open()
  for (const piece of pieces) lane.push(piece)
  lane.finish()
}

function elapsed(work: () => void): number {
  const from = performance.now()
  work()
  return performance.now() - from
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0

const defined = (figures: Readonly<Record<string, number | undefined>>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(figures).filter((entry): entry is [string, number] => entry[1] !== undefined))
