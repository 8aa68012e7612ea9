// What the log must hold after a soak: a decision and an outcome of every request that was answered, neither of them twice, and
// no decision that nothing came of.
import { join } from 'node:path'
import { readEntries } from '#audit/read.ts'
import { logNames } from '#audit/log-files.ts'
import { verifyAll } from '#audit/verify/verify-all.ts'

export interface Kept {
  readonly decisions: number
  readonly outcomes: number
}

export interface Asked {
  /** The exchanges of which callers heard. */
  readonly answered: ReadonlySet<string>
  readonly sent: number
  /** Of them, those whose callers left before they heard anything: the gateway may not have, either. */
  readonly unheard: number
}

/** Throws where the log is not so, or does not verify. */
export async function checkExchanges(audit: string, { answered, sent, unheard }: Asked): Promise<Kept> {
  const [decided, closed] = [new Set<string>(), new Set<string>()]
  const doubled: string[] = []
  for (const log of await logNames(audit)) {
    if (!log.startsWith('gateway-')) continue
    for await (const { kind, exchange } of readEntries(join(audit, log))) {
      if ((kind !== 'decision' && kind !== 'outcome') || typeof exchange !== 'string') continue
      const seen = kind === 'decision' ? decided : closed
      if (seen.has(exchange)) doubled.push(exchange)
      seen.add(exchange)
    }
  }
  const faults = {
    doubled,
    'answered and not decided': [...answered].filter((id) => !decided.has(id)),
    'answered and not closed': [...answered].filter((id) => !closed.has(id)),
    'decided and not closed': [...decided].filter((id) => !closed.has(id)),
    'closed and not decided': [...closed].filter((id) => !decided.has(id)),
  }
  for (const [fault, ids] of Object.entries(faults)) {
    if (ids.length > 0) throw new Error(`${ids.length} exchanges ${fault}, ${ids[0]} is one`)
  }
  if (decided.size > sent || decided.size < sent - unheard)
    throw new Error(`${decided.size} decisions of ${sent} requests, ${unheard} of them unheard`)
  const report = await verifyAll(audit)
  if (!report.ok) throw new Error(`the log does not verify: ${JSON.stringify(report.logs)}`)
  return { decisions: decided.size, outcomes: closed.size }
}
