// What every benchmark returns, and the stamp that says where and on what it ran.
import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'

export interface BenchRow {
  readonly case: string
  readonly target: string
  /** Figures, with their unit in the name: `p50_us`, `rps`, `mb_s`. */
  readonly [figure: string]: string | number
}

export interface BenchResult {
  readonly name: string
  /** RFC 3339. */
  readonly at: string
  readonly machine: string
  /** Of the checkout; `-dirty` where it differs from its commit. */
  readonly commit: string
  readonly rows: readonly BenchRow[]
  readonly ratios: Readonly<Record<string, number>>
}

export function benchResult(
  name: string,
  rows: readonly BenchRow[],
  ratios: Readonly<Record<string, number>>,
): BenchResult {
  const [cpu] = cpus()
  const machine = `${cpus().length} × ${cpu?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}, Bun ${process.versions.bun}`
  return { name, at: new Date().toISOString(), machine, commit: commit(), rows, ratios }
}

function commit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty', '--abbrev=12', '--match='], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    return 'unknown'
  }
}
