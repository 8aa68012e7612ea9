// How long a question to the logs takes: 1,000,000 entries of two workers, by each thing that can be asked for and by what one would
// put together; from the question to the 100 newest entries in hand, read from the log and held against the index. `ENTRIES` as the
// first argument takes another number.
import { createHash } from 'node:crypto'
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Search } from '#audit/follow/search-terms.ts'
import { makeSigner, writeCheckpoint } from '#audit/note.ts'
import { EMPTY_EDGE, edgeRoot, grow, tilePath } from '#audit/tiles.ts'
import { leafHash } from '#audit/tree.ts'
import { indexLogs } from '#commands/index-logs.ts'
import { searchLogs } from '#commands/search-logs.ts'
import { canonicalJson } from '#lib/canonical-json.ts'
import { ulid } from '#lib/ulid.ts'
import { openSearchIndex, type SearchIndex } from '#store/search-index.ts'
import { indexQueries } from '#store/search-query.ts'
import { type BenchResult, benchResult, type BenchRow } from './result.ts'

const ENTRIES = 1_000_000
const LOGS = ['gateway-0', 'gateway-1'] as const
const BEGIN = Date.UTC(2026, 0, 1)
/** Between two exchanges of one worker, in milliseconds: 500,000 entries are some ten weeks. */
const APART = 24_000
const TURNS = 15
const PAGE = 100

export async function bench(args: readonly string[]): Promise<BenchResult> {
  const count = Number(args[0] ?? ENTRIES)
  const home = await mkdtemp(join(tmpdir(), 'sallyport-search-'))
  try {
    const audit = join(home, 'audit')
    const bytes = LOGS.map((log, worker) => writeLog(audit, log, worker, count / LOGS.length)).reduce(
      (sum, one) => sum + one,
      0,
    )
    const path = join(home, 'index.db')
    const index = openSearchIndex(path)
    const built = await build(audit, index)
    const { rows, worst, worstCpu } = await ask(audit, index, count)
    index.close()
    const size = statSync(path).size
    const all: BenchRow[] = [
      {
        case: 'build',
        target: 'sallyport',
        entries: count,
        s: built.s,
        cpu_s: built.cpu,
        log_mb: bytes / 1e6,
        index_mb: size / 1e6,
      },
      ...rows,
    ]
    return benchResult('search', all, {
      worst_ms: worst,
      worst_cpu_ms: worstCpu,
      build_cpu_s: built.cpu,
      build_s: built.s,
      index_bytes_per_entry: size / count,
      index_per_log_byte: size / bytes,
    })
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

async function build(audit: string, index: SearchIndex) {
  const began = performance.now()
  const before = process.cpuUsage()
  const indexer = await indexLogs(audit, index)
  while ((await indexer.turn()) > 0);
  await indexer.close()
  return { s: (performance.now() - began) / 1000, cpu: cpuSince(before) }
}

/** Seconds of processor time. */
function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

type Asked = readonly [name: string, search: Search, order?: 'newest' | 'oldest']

async function ask(audit: string, index: SearchIndex, count: number) {
  const queries = indexQueries(index.database)
  const positions = index.positions()
  const rows: BenchRow[] = []
  let [worst, worstCpu] = [0, 0]
  for (const [name, search, order = 'newest'] of questions(count)) {
    const times: number[] = []
    const cpu: number[] = []
    let found = 0
    for (let turn = 0; turn < TURNS; turn++) {
      const began = performance.now()
      const before = process.cpuUsage()
      found = 0
      const differs = (log: string, at: number): never => {
        throw new Error(`${log} ${at} differs`)
      }
      const answer = searchLogs(audit, { logs: LOGS, search, order, index: { queries, positions }, differs })
      for await (const { entry } of answer) {
        if (entry.index >= 0) found += 1
        if (found === PAGE) break
      }
      times.push(performance.now() - began)
      cpu.push(cpuSince(before) * 1000)
    }
    for (const each of [times, cpu]) each.sort((one, other) => one - other)
    worst = Math.max(worst, times.at(-1) ?? 0)
    worstCpu = Math.max(worstCpu, cpu.at(-1) ?? 0)
    rows.push({
      case: name,
      target: 'sallyport',
      found,
      p50_ms: times[TURNS >> 1] ?? 0,
      worst_ms: times.at(-1) ?? 0,
      cpu_p50_ms: cpu[TURNS >> 1] ?? 0,
      cpu_worst_ms: cpu.at(-1) ?? 0,
    })
  }
  queries.close()
  return { rows, worst, worstCpu }
}

function questions(count: number): readonly Asked[] {
  const middle = BEGIN + (count / LOGS.length / 4) * APART
  const exchange = exchangeOf(0, Math.floor(count / LOGS.length / 4))
  const day = { since: middle, until: middle + 86_400_000 }
  return [
    ['nothing: the newest', { terms: [] }],
    ['nothing: the oldest', { terms: [] }, 'oldest'],
    ['principal, one of 5,000', { terms: [['principal', 'person-77']] }],
    ['principal, half of all', { terms: [['principal', 'intake']] }],
    ['principal, three entries', { terms: [['principal', 'zoe']] }],
    ['principal, nobody', { terms: [['principal', 'mallory']] }],
    ['key', { terms: [['principal', 'key-42']] }],
    ['resource', { terms: [['resource', 'model-3']] }],
    ['action', { terms: [['action', 'embed']] }],
    ['decision: allow', { terms: [['decision', 'allow']] }],
    ['decision: deny', { terms: [['decision', 'deny']] }],
    ['reason', { terms: [['reason', 'not_permitted']] }],
    ['finding, one in 200', { terms: [['finding', 'personal-data']] }],
    ['finding, one in 50,000', { terms: [['finding', 'aws-key']] }],
    ['kind', { terms: [['kind', 'outcome']] }],
    ['session', { terms: [['session', 'session-4711']] }],
    ['exchange', { terms: [], exchange }],
    ['a day', { terms: [], ...day }],
    ['a day, oldest first', { terms: [], ...day }, 'oldest'],
    [
      'principal and deny',
      {
        terms: [
          ['principal', 'person-77'],
          ['decision', 'deny'],
        ],
      },
    ],
    [
      'principal, resource and kind',
      {
        terms: [
          ['principal', 'intake'],
          ['resource', 'model-3'],
          ['kind', 'decision'],
        ],
      },
    ],
    ['principal on a day', { terms: [['principal', 'person-77']], ...day }],
    [
      'deny and reason on a day',
      {
        terms: [
          ['decision', 'deny'],
          ['reason', 'not_permitted'],
        ],
        ...day,
      },
    ],
    [
      'two that are frequent and never meet',
      {
        terms: [
          ['kind', 'outcome'],
          ['decision', 'allow'],
        ],
      },
    ],
    [
      'two people, never in one chain',
      {
        terms: [
          ['principal', 'person-1'],
          ['principal', 'person-2'],
        ],
      },
    ],
    ['frequent, a day before there was anything', { terms: [['decision', 'allow']], until: BEGIN }],
    [
      'five at once',
      {
        terms: [
          ['kind', 'decision'],
          ['principal', 'intake'],
          ['action', 'infer'],
          ['resource', 'model-5'],
          ['decision', 'deny'],
        ],
      },
    ],
  ]
}

/** Written as the writer writes it: tiles, checkpoint, key. Returns the bytes of the entries. */
function writeLog(audit: string, log: string, worker: number, count: number): number {
  const directory = join(audit, log)
  const signer = makeSigner(log, createHash('sha256').update(log).digest())
  const made = new Set<string>()
  let edge = EMPTY_EDGE
  let bytes = 0
  for (let at = 0; at < count; at += 4096) {
    const leaves = Array.from({ length: Math.min(4096, count - at) }, (_, more) => {
      const entry = Buffer.from(canonicalJson(entryOf(worker, at + more)))
      bytes += entry.length
      return { entry, hash: leafHash(entry) }
    })
    const grown = grow(edge, leaves)
    edge = grown.edge
    for (const tile of grown.tiles) {
      if (tile.width < 256 && at + 4096 < count) continue
      const path = join(directory, tilePath(tile))
      if (!made.has(dirname(path))) mkdirSync(dirname(path), { recursive: true })
      made.add(dirname(path))
      writeFileSync(path, tile.bytes)
    }
  }
  writeFileSync(join(directory, 'checkpoint'), writeCheckpoint(signer, edge.size, edgeRoot(edge)))
  return bytes
}

const fixed = (seed: string) => (length: number) => createHash('sha256').update(seed).digest().subarray(0, length)

const timeOf = (worker: number, exchange: number): number => BEGIN + exchange * APART + worker * 7

const exchangeOf = (worker: number, exchange: number): string =>
  ulid(timeOf(worker, exchange), fixed(`${worker} ${exchange}`))

/** As even as a hash: the n-th choice out of so many. */
const choice = (exchange: number, n: number, of: number): number =>
  (Math.imul(exchange + 1, 2_654_435_761 + 2 * n) >>> 8) % of

function entryOf(worker: number, index: number): object {
  const number = index >> 1
  const time = timeOf(worker, number) + 900 * (index % 2)
  const exchange = exchangeOf(worker, number)
  const mark = {
    id: ulid(time, fixed(`entry ${worker} ${index}`)),
    time: new Date(time).toISOString(),
    index,
    exchange,
  }
  const kind = choice(number, 5, 200) === 0 ? 'personal-data' : choice(number, 6, 50_000) === 0 ? 'aws-key' : undefined
  const findings = kind
    ? [
        {
          inspector: 'credentials',
          kind,
          place: '/messages/0/content',
          action: 'redact',
          coverage: { seen: 900, of: 900 },
        },
      ]
    : []
  const checks = ['identify', 'understand', 'credentials', 'decide'].map((name, at) => ({
    name,
    verdict: 'pass',
    us: 40 + at,
  }))
  if (index % 2 === 1) {
    return {
      ...mark,
      kind: 'outcome',
      status: 200,
      bytes: 2048,
      us: 812_000,
      ended: 'complete',
      usage: { input: 310, output: 122 },
      findings,
      checks,
    }
  }
  const id = number === 100 || number === 200_000 ? 'zoe' : `person-${choice(number, 1, 5_000)}`
  const denied = choice(number, 2, 12) === 0
  const throughApp = choice(number, 3, 2) === 0
  const chain = [...(throughApp ? [{ type: 'App', id: 'intake' }] : []), { type: 'User', id }]
  const policies = [denied ? 'no-large-models' : 'clinicians-infer']
  return {
    ...mark,
    kind: 'decision',
    principal: {
      ...chain[0],
      groups: ['clinicians'],
      issuer: 'https://login.example',
      chain,
      ...(throughApp && { key: `key-${choice(number, 4, 200)}` }),
    },
    action: choice(number, 7, 20) === 0 ? 'embed' : 'infer',
    resource: { type: 'Model', id: `model-${choice(number, 8, 12)}` },
    session: `session-${choice(number, 9, 50_000)}`,
    decision: denied ? 'deny' : 'allow',
    ...(denied && { reason: 'not_permitted' }),
    policies,
    grounds: {
      policies: [{ id: policies[0], effect: denied ? 'forbid' : 'permit', file: 'policies/clinic.cedar', line: 12 }],
      erring: [],
    },
    bundle: '0f'.repeat(32),
    request: 'ab'.repeat(32),
    protocol: 'openai-chat',
    targets: ['harbor/model'],
    findings,
    checks,
  }
}
