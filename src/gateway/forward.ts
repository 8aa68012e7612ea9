// The permit's request, to the permit's targets, with our credential. This step sees neither the exchange nor any other target.
import { createHash } from 'node:crypto'
import { type Reason, Refusal } from '#access/refusal.ts'
import { printTarget } from '#access/target.ts'
import type { UpstreamAnswer } from '#upstream/upstream.ts'
import type { Permit, SendPermit } from './approve.ts'
import type { DecidedTarget } from './decide.ts'
import type { Gate } from './gate.ts'

/** What came back, unread. */
export type Answer =
  | { readonly kind: 'upstream'; readonly from: DecidedTarget; readonly answer: UpstreamAnswer }
  | { readonly kind: 'own'; readonly body: unknown }

export async function forward(permit: Permit, gate: Gate): Promise<Answer> {
  if (permit.kind === 'own') return { kind: 'own', body: permit.answer() }
  let failure: Refusal | undefined
  for (const target of permit.targets) {
    try {
      return await send(permit, target, gate)
    } catch (error) {
      // Only a connection that was never made is tried elsewhere: nothing was sent, so nothing can happen twice.
      if (!(error instanceof Refusal) || error.reason !== 'provider_unreachable') throw error
      failure = error
    }
  }
  throw failure ?? new Error('a permit without targets')
}

async function send(permit: SendPermit, target: DecidedTarget, gate: Gate): Promise<Answer> {
  const began = performance.now()
  const body = permit.bodyFor(target)
  const sent = body && createHash('sha256').update(body).digest('hex')
  const attempt = (status: number, error?: string): void => note(permit, { target, status, began, sent, error })
  try {
    const answer = await gate.upstream.send({
      provider: target.at,
      method: permit.method,
      path: permit.path,
      headers: permit.headers,
      body,
      streaming: permit.streaming,
      firstByteCounts: false,
      signal: permit.hungUp,
    })
    attempt(answer.status)
    return { kind: 'upstream', from: target, answer }
  } catch (error) {
    const reason: Reason = error instanceof Refusal ? error.reason : 'internal'
    attempt(0, permit.hungUp.aborted ? 'caller-gone' : reason)
    throw error
  }
}

interface Attempt {
  readonly target: DecidedTarget
  readonly status: number
  readonly began: number
  readonly sent: string | undefined
  readonly error: string | undefined
}

function note(permit: SendPermit, { target, status, began, sent, error }: Attempt): void {
  const us = Math.round((performance.now() - began) * 1000)
  permit.account.attempts.push({
    target: printTarget(target),
    status,
    us,
    ...(error === undefined ? {} : { error }),
    ...(sent === undefined ? {} : { sent }),
  })
}
