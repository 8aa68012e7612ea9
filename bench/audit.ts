// What an entry costs: written so that it survives the process, synced so that it survives the machine, and put under a
// signed checkpoint; beside a bare write of as many bytes to the same disk, in turn.
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Entry } from '#access/trail.ts'
import type { AuditLog } from '#audit/audit-log.ts'
import { openLog } from '#audit/open-log.ts'
import { systemClock } from '#lib/clock.ts'
import { type BenchResult, benchResult, type BenchRow } from './result.ts'

const TURNS = 20
const ENTRIES = 5_000
const SYNCED = 500
const TOGETHER = 32

export async function bench(): Promise<BenchResult> {
  const home = await mkdtemp(join(tmpdir(), 'sallyport-bench-'))
  const log = await openLog({
    directory: join(home, 'audit'),
    keys: join(home, 'keys'),
    log: 'gateway-0',
    clock: systemClock,
    random: (bytes) => randomBytes(bytes),
  })
  const file = openSync(join(home, 'bare'), 'a')
  try {
    const written: number[] = []
    const bare: number[] = []
    const integrated: number[] = []
    const bytes = Buffer.from(JSON.stringify(decision(0)))
    for (let turn = -2; turn < TURNS; turn++) {
      const [appends, writes] = [
        await appendMany(log),
        Array.from({ length: ENTRIES }, () => timeOf(() => writeSync(file, bytes))),
      ]
      const began = performance.now()
      await log.integrate()
      // The first turns only warm up.
      if (turn < 0) continue
      written.push(...appends)
      bare.push(...writes)
      integrated.push((performance.now() - began) * 1000)
    }
    const rows = [
      row('an append that survives the process', written),
      row('a bare write of as many bytes', bare),
      row(`integrating ${ENTRIES} entries`, integrated),
      row('an append that survives the machine, alone', await appendSynced(log, 1)),
      row(`an append that survives the machine, ${TOGETHER} at once`, await appendSynced(log, TOGETHER)),
    ]
    const p50 = (at: number): number => Number(rows[at]?.['p50_us'])
    return benchResult('audit', rows, {
      append_vs_bare_write: p50(0) / p50(1),
      integrate_us_an_entry: p50(2) / ENTRIES,
    })
  } finally {
    closeSync(file)
    await log.close()
    await rm(home, { recursive: true, force: true })
  }
}

async function appendMany(log: AuditLog): Promise<readonly number[]> {
  const times: number[] = []
  const stamps: Promise<unknown>[] = []
  for (let at = 0; at < ENTRIES; at++) {
    const entry = at % 2 === 0 ? decision(at) : outcome(at - 1)
    times.push(timeOf(() => stamps.push(log.append(entry, 'process'))))
  }
  await Promise.all(stamps)
  return times
}

async function appendSynced(log: AuditLog, together: number): Promise<readonly number[]> {
  const times: number[] = []
  for (let at = 0; at < SYNCED; at++) {
    const began = performance.now()
    const done = Array.from({ length: together }, async (_, place) => {
      await log.append(place % 2 === 0 ? decision(at) : outcome(at), 'machine')
      times.push((performance.now() - began) * 1000)
    })
    await Promise.all(done)
  }
  return times
}

/** Microseconds. */
function timeOf(run: () => unknown): number {
  const began = performance.now()
  run()
  return (performance.now() - began) * 1000
}

function row(name: string, times: readonly number[]): BenchRow {
  const sorted = [...times].sort((left, right) => left - right)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { case: name, target: 'sallyport', p50_us: at(0.5), p99_us: at(0.99), max_us: at(1) }
}

const exchange = (number: number): string => `01JZ${String(number).padStart(22, '0')}`

const decision = (number: number): Entry => ({
  kind: 'decision',
  exchange: exchange(number),
  principal: {
    type: 'User',
    id: 'alice',
    groups: ['clinicians'],
    issuer: 'harbor',
    chain: [{ type: 'User', id: 'alice' }],
  },
  action: 'infer',
  resource: { type: 'Model', id: 'clinic-small' },
  system: 'clinic',
  tier: 1,
  decision: 'allow',
  policies: ['clinicians-use-every-model'],
  grounds: {
    policies: [{ id: 'clinicians-use-every-model', effect: 'permit', file: 'policies/clinic.cedar', line: 3 }],
    erring: [],
  },
  targets: ['harbor/harbor-small'],
  bundle: 'a'.repeat(64),
  request: 'b'.repeat(64),
  protocol: 'openai-chat',
  findings: [],
  checks: [
    { name: 'identify', verdict: 'pass', us: 120 },
    { name: 'policy', verdict: 'pass', us: 4 },
  ],
})

const outcome = (number: number): Entry => ({
  kind: 'outcome',
  exchange: exchange(number),
  status: 200,
  bytes: 1234,
  ended: 'complete',
  usage: { input: 10, output: 20 },
  attempts: [{ target: 'harbor/harbor-small', status: 200, us: 4000 }],
  findings: [],
  checks: [],
})
