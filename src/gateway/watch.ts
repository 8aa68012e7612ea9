// What comes back is untrusted: it is read, bounded and recorded here before the caller sees any of it.
import { type Reason, Refusal } from '#access/refusal.ts'
import { printTarget } from '#access/target.ts'
import { CollectError, collect } from '#lib/collect.ts'
import { together } from '#lib/together.ts'
import { anthropicLimitHeaders, openAiLimitHeaders } from '#protocols/limit-headers.ts'
import { redact } from '#protocols/texts.ts'
import { answerHeaders } from './answer-headers.ts'
import type { Permit, SendPermit } from './approve.ts'
import { close, type Outcome } from './close.ts'
import { editsOf, takeFound } from './examine.ts'
import type { Answer } from './forward.ts'
import type { Gate } from './gate.ts'
import { type Inspection, inspectionOf } from './inspection.ts'
import { claim } from './claim.ts'
import { REDACTION_HEADER, redactionHeader } from './redaction-header.ts'
import { labelBlocked, labelFound, labelSession } from './session-call.ts'
import { redactedJson, redactedText } from './redacted-text.ts'
import { withdrawnOr } from './standing.ts'
import { watchStream } from './watch-stream.ts'

type UpstreamReply = Extract<Answer, { kind: 'upstream' }>

const MOST_ANSWER_BYTES = 64 * 1024 * 1024
const MOST_ERROR_BYTES = 64 * 1024

export async function watch(answer: Answer, permit: Permit, gate: Gate): Promise<Response> {
  if (answer.kind === 'own' || permit.kind === 'own') {
    if (answer.kind !== 'own') throw new Error('an answer from outside to a permit of our own')
    return watchOwn(answer.body, permit, gate)
  }
  const { status, headers } = answer.answer
  const encoding = headers.get('content-encoding') ?? 'identity'
  if (encoding !== 'identity')
    throw await discarded(answer, 'provider_answer_invalid', 'The provider compressed its answer unasked.')
  if (status < 200 || status > 599 || (status >= 300 && status < 400)) {
    throw await discarded(
      answer,
      'provider_answer_invalid',
      'The provider answered with a redirect, which is not followed, or with no status that HTTP has.',
    )
  }
  // Whatever of it leaves from here on, its session has seen.
  if (permit.labels.length > 0) await labelled(answer, permit, gate)
  const read = status >= 400 ? watchError : permit.streaming ? watchEvents : watchWhole
  // Before the outcome settles them.
  const limits = limitHeaders(permit, gate)
  try {
    const response = await read(answer, permit, gate)
    if (limits) for (const [name, value] of Object.entries(limits)) response.headers.set(name, value)
    return response
  } catch (error) {
    await labelBlocked(permit, gate)
    throw withdrawnOr(error, permit)
  }
}

async function labelled({ answer }: UpstreamReply, permit: SendPermit, gate: Gate): Promise<void> {
  try {
    await labelSession(permit, permit.labels, gate)
  } catch (error) {
    await answer.body?.cancel().catch(() => undefined)
    throw error
  }
}

/** What is left of the caller's own limits stands in place of what is left of the provider's, which they share with others. */
function limitHeaders(
  { account, protocol }: SendPermit,
  { clock }: Gate,
): Readonly<Record<string, string>> | undefined {
  const left = account.metered?.reservation.left
  if (!left || left.length === 0) return undefined
  return protocol.name.startsWith('anthropic') ? anthropicLimitHeaders(left) : openAiLimitHeaders(left, clock.now())
}

async function watchOwn(body: unknown, permit: Permit, gate: Gate): Promise<Response> {
  const bytes = new TextEncoder().encode(JSON.stringify(body))
  await close(permit, gate, { status: 200, bytes: bytes.length, ended: 'complete' })
  return new Response(bytes, { headers: { 'content-type': 'application/json' } })
}

async function watchWhole(reply: UpstreamReply, permit: SendPermit, gate: Gate): Promise<Response> {
  if (typeOf(reply) !== 'application/json') throw await otherType(reply, 'application/json')
  const body = await bodyOf(reply, MOST_ANSWER_BYTES)
  const answer = permit.protocol.readAnswer(body, permit.model)
  // The provider charges for it, passed on or not.
  if (answer.usage && permit.account.metered) permit.account.metered.usage = answer.usage
  const inspection = inspectionOf(permit.rules)
  permit.account.answer = inspection
  const bytes = answer.compose(await editsOf(answer.texts(), inspection)) as Uint8Array<ArrayBuffer>
  claim(answer.made, reply.from, permit, gate)
  if (permit.deletes !== undefined && isDeleted(body)) gate.providerIds.forget(reply.from.provider, permit.deletes)
  const { status } = reply.answer
  const headers = headersOf(reply, 'application/json', inspection)
  if (inspection.matches() > 0) await labelFound(permit, gate)
  const outcome: Outcome = { status, bytes: bytes.length, ended: 'complete' }
  await close(permit, gate, answer.usage ? { ...outcome, usage: answer.usage } : outcome)
  return new Response(bytes, { status, headers: withRedactions(headers, permit) })
}

/** What the provider holds after all is still its maker's. */
function isDeleted(body: Uint8Array): boolean {
  const answer = JSON.parse(new TextDecoder().decode(body)) as { readonly deleted?: unknown }
  return answer.deleted === true
}

async function watchEvents(reply: UpstreamReply, permit: SendPermit, gate: Gate): Promise<Response> {
  if (typeOf(reply) !== 'text/event-stream') throw await otherType(reply, 'text/event-stream')
  const { status, body } = reply.answer
  if (!body) throw new Refusal('provider_answer_invalid', { message: 'The provider answered without a body.' })
  const inspection = inspectionOf(permit.rules)
  permit.account.answer = inspection
  const headers = await sparing(body, async () => {
    const passed = headersOf(reply, 'text/event-stream; charset=utf-8', inspection)
    await labelFound(permit, gate)
    return passed
  })
  // What is redacted in the stream is told in the stream: its headers leave first.
  const told = withRedactions(headers, permit)
  const stream = await watchStream(body, reply.from, permit, gate)
  return new Response(stream, { status, headers: told })
}

/** Those of the provider's headers that a caller may see: an id in one of them is the provider's text like any other. */
function headersOf(
  { answer, from }: UpstreamReply,
  contentType: string,
  inspection: Inspection,
): Record<string, string> {
  const headers = answerHeaders(answer.headers, contentType, (value, name) => redactedHeader(value, name, inspection))
  headers['x-sallyport-target'] = printTarget(from)
  return headers
}

const redactedHeader = (value: string, name: string, inspection: Inspection): string =>
  redact(value, takeFound({ place: `/headers/${name}`, value, role: 'text', edits: noEdits }, inspection))

const noEdits = (): readonly never[] => []

/** The same, with what the caller is told of what was taken out so far. */
function withRedactions(headers: Record<string, string>, { account }: SendPermit): Record<string, string> {
  const told = redactionHeader(account)
  if (told !== undefined) headers[REDACTION_HEADER] = told
  return headers
}

/** Where it fails, the body that nobody will read is let go. */
async function sparing<T>(body: ReadableStream<Uint8Array>, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    await body.cancel().catch(() => undefined)
    throw error
  }
}

/**
 * A provider's refusal of the request is the caller's to read, in the protocol's shape and with their own name for the
 * model. What a provider says of its own trouble names its accounts and machines, and is told in our words. Its refusal
 * of *us* (credential, unknown model, unpaid bill) would read as a verdict about the caller's own credential.
 */
async function watchError(reply: UpstreamReply, permit: SendPermit, gate: Gate): Promise<Response> {
  const { status } = reply.answer
  // What was to be gone on from may be gone: a 404 about that is the caller's to know.
  if ([401, 402, 403, 407].includes(status) || (status === 404 && !permit.acts)) {
    gate.log(
      `provider ${reply.from.provider} answered ${status} to model ${reply.from.model}: check its credential, url and model name`,
    )
    throw await discarded(reply, 'provider_failed', 'The provider refused the gate itself; its operators are told.')
  }
  const body = await bodyOf(reply, MOST_ERROR_BYTES)
  const inspection = inspectionOf({ ...permit.rules, action: 'redact' })
  permit.account.answer = inspection
  const words = toldOf(status, reply, permit)
  const told = (message: string): string =>
    `${words(redactedText(message, '/error/message', inspection))} (exchange ${permit.exchange})`
  const read = permit.protocol.readError(body, told)
  if (!read) throw new Refusal(status === 429 ? 'provider_limited' : 'provider_failed', { message: words('') })
  const error = redactedJson(read, inspection)
  const headers = headersOf(reply, 'application/json', inspection)
  await labelFound(permit, gate)
  await close(permit, gate, { status, bytes: error.length, ended: 'upstream-failed' })
  return new Response(error as Uint8Array<ArrayBuffer>, { status, headers: withRedactions(headers, permit) })
}

/** What the caller reads, of what the provider wrote. */
function toldOf(status: number, reply: UpstreamReply, permit: SendPermit): (message: string) => string {
  if (status === 429) return () => 'The provider is at its limit.'
  if (status >= 500) return () => `The provider failed with status ${status}.`
  return (message) =>
    message === '' ? `The provider refused with status ${status}.` : message.replaceAll(reply.from.model, permit.model)
}

/** Without its parameters. */
function typeOf({ answer }: UpstreamReply): string {
  const type = answer.headers.get('content-type') ?? ''
  const end = type.indexOf(';')
  return (end < 0 ? type : type.slice(0, end)).trim().toLowerCase()
}

const otherType = (reply: UpstreamReply, expected: string): Promise<Refusal> =>
  discarded(reply, 'provider_answer_invalid', `The provider did not answer with ${expected}.`)

/** Cancels what is left of the answer, so that its connection is not held. */
async function discarded(reply: UpstreamReply, reason: Reason, message: string): Promise<Refusal> {
  await reply.answer.body?.cancel().catch(() => undefined)
  return new Refusal(reason, { message })
}

async function bodyOf(reply: UpstreamReply, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const { answer, from } = reply
  const { idle } = from.at.timeouts
  const short = answer.whole !== undefined && Number(answer.headers.get('content-length')) <= bytes
  try {
    if (short) {
      const body = await answer.whole(idle, tooSlow)
      await together()
      return body as Uint8Array<ArrayBuffer>
    }
    return (answer.body ? await collect(answer.body, { bytes, idle }) : new Uint8Array(0)) as Uint8Array<ArrayBuffer>
  } catch (error) {
    if (error instanceof CollectError) throw failedBody(error)
    throw short ? failedBody(new CollectError('broken', error)) : error
  }
}

const tooSlow = (): CollectError => new CollectError('too-slow')

function failedBody(error: CollectError): Refusal {
  switch (error.reason) {
    case 'too-large':
      return new Refusal('provider_answer_invalid', { message: 'The provider answered more than is read here.' })
    case 'too-slow':
      return new Refusal('provider_timeout', { message: 'The provider stopped in the middle of its answer.' })
    case 'broken':
      return new Refusal('provider_failed', { message: 'The provider broke off its answer.', cause: error })
  }
}
