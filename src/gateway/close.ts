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
  of.account.standing?.release()
  of.account.rest?.()
  const came = { ...outcome, ...settleUsage(of.account, outcome, gate) }
  settleCall(of.account, came, gate)
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
