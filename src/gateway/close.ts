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
  const { account, exchange } = of
  const { attempts, checks, answer, metered } = account
  if (account.closed) return
  const closing: Closing = { exchange, account, gate, outcome }
  guarded(PROOF, closing)
  guarded(CONNECTION, closing)
  const settled = guarded(USAGE, closing)
  // Whatever was sent has usage now, told or estimated. What it lacks then costs nothing, such as what is read again.
  const usage = metered && settled ? settled.usage : outcome.usage
  const { status, bytes, ended, reason } = outcome
  const all = checks.slice()
  if (answer) all.push(answer.check())
  const entry: Writable<OutcomeEntry> = {
    kind: 'outcome',
    exchange,
    status,
    bytes,
    ended,
    findings: answer?.findings() ?? NONE,
    checks: all,
  }
  if (reason !== undefined) entry.reason = reason
  if (usage) entry.usage = usage
  if (settled?.cost !== undefined) entry.cost = settled.cost
  if (attempts.length > 0) entry.attempts = attempts.slice()
  guarded(SESSION, { exchange, account, gate, outcome: metered && !usage ? { ...entry, usage: {} } : entry })
  entry.us = Math.round((performance.now() - account.began) * 1000)
  await gate.trail.append(entry, 'process')
  account.closed = true
}

const NONE: readonly never[] = []

/** Of what is filled in before anybody else has it. */
type Writable<T> = { -readonly [Name in keyof T]: T[Name] }

interface Closing {
  readonly exchange: string
  readonly account: Account
  readonly gate: Gate
  readonly outcome: Outcome
}

interface Step<T> {
  readonly failed: string
  readonly run: (closing: Closing) => T
}

const PROOF: Step<void> = {
  failed: 'its proof could not be let go',
  run: ({ account }) => account.standing?.release(),
}
const CONNECTION: Step<void> = {
  failed: 'its connection could not be let go',
  run: ({ account }) => account.rest?.(),
}
const USAGE: Step<ReturnType<typeof settleUsage>> = {
  failed: 'what it used could not be settled',
  run: ({ account, outcome, gate }) => settleUsage(account, outcome, gate),
}
const SESSION: Step<void> = {
  failed: 'what it used could not be added to its session',
  run: ({ account, outcome, gate }) => settleCall(account, outcome, gate),
}

/** Whatever is wrong with any of it, the record is closed. */
function guarded<T>({ failed, run }: Step<T>, closing: Closing): T | undefined {
  try {
    return run(closing)
  } catch (error) {
    closing.gate.log(`exchange ${closing.exchange}: ${failed}`, error)
    return undefined
  }
}
