// `npm run bench [-- NAME [arguments]]`: runs bench/NAME.ts, prints its table, writes bench/results/NAME.json.
// Without NAME every benchmark runs, one after the other and each in a process of its own: a warm compiler, a grown heap
// or a broken WebAssembly instance of one would change the figures of the next.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BenchResult, BenchRow } from '../bench/result.ts'

const FOLDER = join(import.meta.dirname, '..', 'bench')
const NAMES = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => basename(file, '.ts'))
  .filter((name) => name !== 'result')
  .sort()

const [name, ...args] = process.argv.slice(2)
process.exitCode = name === undefined ? runAll() : await run(name, args)

function runAll(): number {
  const failed = NAMES.filter((each) => {
    const { status } = spawnSync(
      process.execPath,
      ['--no-env-file', '--config=/dev/null', import.meta.filename, each],
      {
        stdio: 'inherit',
      },
    )
    return status !== 0
  })
  if (failed.length > 0) console.error(`failed: ${failed.join(', ')}`)
  return failed.length > 0 ? 1 : 0
}

async function run(wanted: string, given: readonly string[]): Promise<number> {
  const path = join(FOLDER, `${wanted}.ts`)
  if (!NAMES.includes(wanted) || !existsSync(path)) {
    console.error(`no benchmark ${wanted}; there are: ${NAMES.join(', ')}`)
    return 2
  }
  const { bench } = (await import(pathToFileURL(path).href)) as {
    bench: (args: readonly string[]) => Promise<BenchResult>
  }
  const result = await bench(given)
  printTable(result.rows)
  console.log('')
  for (const [ratio, value] of Object.entries(result.ratios)) console.log(`${ratio}  ${show(value)}`)
  mkdirSync(join(FOLDER, 'results'), { recursive: true })
  writeFileSync(join(FOLDER, 'results', `${wanted}.json`), `${JSON.stringify(result, null, 2)}\n`)
  console.log(`\nbench/results/${wanted}.json  ${result.machine}, ${result.commit}`)
  return 0
}

/** Columns in order of first appearance; rows of different kinds leave cells empty. */
function printTable(rows: readonly BenchRow[]): void {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const lines = [columns, ...rows.map((row) => columns.map((column) => show(row[column])))]
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)))
  for (const line of lines) {
    console.log(
      line
        .map((cell, at) => (at < 2 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
  }
}

function show(value: string | number | undefined): string {
  if (typeof value !== 'number') return value ?? ''
  return Number.isInteger(value) ? String(value) : value.toPrecision(3)
}
