// The outcome of an exchange: one entry, which closes its record.
import type { OutcomeEntry } from '#access/trail.ts'
import type { Account } from './exchange.ts'
import type { Gate } from './gate.ts'
import { settleUsage } from './reserve.ts'
import { settleCall } from './session-call.ts'

export type Outcome = Pick<OutcomeEntry, 'status' | 'bytes' | 'ended' | 'reason' | 'usage'>

export async function close(
  of: { readonly exchange: string; readonly account: Account },
  gate: Gate,
  outcome: Outcome,
): Promise<void> {
  const { attempts, began, checks, closed, answer } = of.account
  if (closed) return
  // Whatever is wrong with any of it, the record is closed.
  const guarded = <T>(what: string, run: () => T): T | undefined => {
    try {
      return run()
    } catch (error) {
      gate.log(`exchange ${of.exchange}: ${what}`, error)
      return undefined
    }
  }
  guarded('its proof could not be let go', () => of.account.standing?.release())
  guarded('its connection could not be let go', () => of.account.rest?.())
  const { metered } = of.account
  const settled = guarded('what it used could not be settled', () => settleUsage(of.account, outcome, gate))
  const { usage: told, ...plain } = outcome
  // Whatever was sent has usage now, told or estimated. What it lacks then costs nothing, such as what is read again.
  const usage = metered && settled ? settled.usage : told
  const came = { ...plain, ...settled, ...(usage && { usage }) }
  const spent = metered ? { ...came, usage: usage ?? {} } : came
  guarded('what it used could not be added to its session', () => settleCall(of.account, spent, gate))
  await gate.trail.append(
    {
      kind: 'outcome',
      exchange: of.exchange,
      us: Math.round((performance.now() - began) * 1000),
      ...came,
      ...(attempts.length > 0 ? { attempts: [...attempts] } : {}),
      findings: answer?.findings() ?? [],
      checks: [...checks, ...(answer ? [answer.check()] : [])],
    },
    'process',
  )
  of.account.closed = true
}
