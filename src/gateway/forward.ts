// The permit's request, to the permit's targets, with our credential. This step sees neither the exchange nor any other
// target. Whatever failed before a byte of an answer was had may be tried at the next target; the caller has seen nothing.
import { hash } from 'node:crypto'
import { Refusal } from '#access/refusal.ts'
import { printTarget } from '#access/target.ts'
import { together } from '#lib/together.ts'
import type { AttemptResult } from '#upstream/circuits.ts'
import { MissingSecret } from '#upstream/secret-place.ts'
import type { UpstreamAnswer, UpstreamCall } from '#upstream/upstream.ts'
import type { Permit, SendPermit } from './approve.ts'
import type { DecidedTarget } from './decide.ts'
import type { Gate } from './gate.ts'
import { recordSign } from './record-sign.ts'
import { withdrawnOr } from './standing.ts'

/** What came back, unread. */
export type Answer =
  | { readonly kind: 'upstream'; readonly from: DecidedTarget; readonly answer: UpstreamAnswer }
  | { readonly kind: 'own'; readonly body: unknown }

export async function forward(permit: Permit, gate: Gate): Promise<Answer> {
  if (permit.kind === 'own') return { kind: 'own', body: permit.answer() }
  const { circuits } = gate
  const targets = circuits.order(permit.targets)
  let before: { readonly tried: Tried; readonly target: DecidedTarget } | undefined
  for (let place = 0; place < targets.length; place++) {
    const target = targets[place]
    if (!target || !circuits.begin(target)) continue
    let result: AttemptResult = 'unknown'
    try {
      if (before) await passBy(before.tried, permit, gate)
      const tried = await attempt(permit, target, place === targets.length - 1, gate)
      if (isOver(permit)) return answerOf(tried, target, permit)
      result = resultOf(tried)
      if (!mayTryNext(tried, permit)) return answerOf(tried, target, permit)
      before = { tried, target }
    } finally {
      // Whatever ends it: a target of which nobody hears would be kept from others.
      circuits.report(target, result)
    }
  }
  if (before) return answerOf(before.tried, before.target, permit)
  throw new Refusal('provider_unreachable', {
    message: 'No provider of this model can be reached just now.',
    retryAfter: circuits.retryAfter(permit.targets),
  })
}

/** One attempt: an answer, or why there is none. */
type Tried = { readonly answer: UpstreamAnswer } | { readonly failure: unknown }

function answerOf(tried: Tried, from: DecidedTarget, permit: SendPermit): Answer {
  if ('failure' in tried) throw withdrawnOr(tried.failure, permit)
  return { kind: 'upstream', from, answer: tried.answer }
}

/** Refusals that mean that nothing was sent, so that nothing can happen twice. */
const NOTHING_SENT: ReadonlySet<string> = new Set(['provider_unreachable', 'provider_address_refused'])
const NO_ANSWER: ReadonlySet<string> = new Set(['provider_timeout', 'provider_failed'])

const reasonOf = (failure: unknown): string => (failure instanceof Refusal ? failure.reason : 'internal')

/** What made a provider act must not happen twice: there only what certainly did nothing is tried elsewhere. */
function mayTryNext(tried: Tried, permit: SendPermit): boolean {
  const repeatable = !permit.acts
  if ('failure' in tried) {
    const reason = reasonOf(tried.failure)
    return NOTHING_SENT.has(reason) || (repeatable && NO_ANSWER.has(reason))
  }
  const { status } = tried.answer
  return status === 429 || (repeatable && status >= 500)
}

function resultOf(tried: Tried): AttemptResult {
  if ('answer' in tried) return tried.answer.status === 429 || tried.answer.status >= 500 ? 'failing' : 'answered'
  // Where a secret is missing nobody asked the target: it may be back this moment.
  if (tried.failure instanceof Refusal && tried.failure.cause instanceof MissingSecret) return 'unknown'
  const reason = reasonOf(tried.failure)
  if (NOTHING_SENT.has(reason)) return 'unreachable'
  return NO_ANSWER.has(reason) ? 'failing' : 'unknown'
}

/** An answer that is not used is let go; what a failure is a sign of is recorded though another target answers. */
async function passBy(tried: Tried, permit: SendPermit, gate: Gate): Promise<void> {
  if ('answer' in tried) await tried.answer.body?.cancel().catch(() => undefined)
  else await recordSign(tried.failure, permit, gate)
}

/** Only where the bundle says so: a trace's id is the caller's choice, and tells requests of one caller apart. */
function headersFor({ headers, traceparent }: SendPermit, { at }: DecidedTarget): SendPermit['headers'] {
  return at.trace && traceparent !== undefined ? { ...headers, traceparent } : headers
}

/** Cut by us, something had been sent: the provider may have worked all the same. */
function whyOf(failure: unknown, permit: SendPermit): string {
  const reason = reasonOf(failure)
  if (!isOver(permit) || !NO_ANSWER.has(reason)) return reason
  return permit.hungUp.aborted ? 'caller-gone' : 'withdrawn'
}

/** The caller hung up, or their proof no longer stands. */
const isOver = ({ hungUp, standing }: SendPermit): boolean => hungUp.aborted || standing.withdrawn?.aborted === true

/** What of an attempt is recorded, besides how it ended. */
interface Attempt {
  readonly target: DecidedTarget
  readonly began: number
  readonly body: Uint8Array | undefined
  /** Of the tokens that went with it; undefined where the provider asks for none. */
  readonly identities: string[] | undefined
}

function note(permit: SendPermit, { target, began, body, identities }: Attempt, status: number, error?: string): void {
  const noted: { -readonly [Name in keyof Noted]: Noted[Name] } = {
    target: printTarget(target),
    status,
    us: Math.round((performance.now() - began) * 1000),
  }
  if (error !== undefined) noted.error = error
  if (body) noted.sent = hash('sha256', body, 'hex')
  if (identities && identities.length > 0) noted.identities = identities
  permit.account.attempts.push(noted)
}

type Noted = SendPermit['account']['attempts'][number]

/** One for each sending: whoever remembers their ids takes none twice. */
function identityFor(permit: SendPermit, { target, body, identities }: Attempt): UpstreamCall['identity'] {
  if (!identities) return undefined
  return () => {
    const made = permit.identityFor(target, body)
    if (made) identities.push(made.id)
    return made?.token
  }
}

async function attempt(permit: SendPermit, target: DecidedTarget, last: boolean, gate: Gate): Promise<Tried> {
  const began = performance.now()
  const body = permit.bodyFor(target)
  const made: Attempt = { target, began, body, identities: target.at.identity && [] }
  try {
    const answer = await gate.upstream.send({
      provider: target.at,
      method: permit.method,
      path: permit.path,
      headers: headersFor(permit, target),
      body,
      streaming: permit.streaming,
      firstByteCounts: !last && !permit.acts,
      identity: identityFor(permit, made),
      signal: permit.hungUp,
      withdrawn: permit.standing.withdrawn,
    })
    note(permit, made, answer.status)
    await together()
    return { answer }
  } catch (failure) {
    note(permit, made, 0, whyOf(failure, permit))
    return { failure }
  }
}
