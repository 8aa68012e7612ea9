// Around the endpoints at which clients prove themselves (token, revocation, introspection): bounds who may try, puts an assertion of
// ours in the place of a workload's own token, and records every no, and every end, before it is told.
import type { ParameterizedContext } from 'koa'
import { Provider } from 'oidc-provider'
import { ROUTES } from '#access/authorization-path.ts'
import { Refusal, type Sign } from '#access/refusal.ts'
import type { TokenEntry } from '#access/trail.ts'
import { type Arrival, arrivalOf } from './arrival.ts'
import { keepWorkload } from './asking.ts'
import { HOLDER } from './client.ts'
import { type Form, readForm, replayForm } from './form.ts'
import type { FrontParts } from './front-parts.ts'
import { EXCHANGE, JWT_ASSERTION, REFRESH } from './grant-types.ts'
import { OAuthRefusal } from './oauth-refusal.ts'
import { refuse } from './page-refusal.ts'
import type { AuthorizationParts } from './parts.ts'
import { disguised } from './tokens.ts'

type Answer = (page: ParameterizedContext, next: () => Promise<unknown>) => Promise<boolean>

const ENDPOINTS: ReadonlySet<string> = new Set([ROUTES.token, ROUTES.revocation, ROUTES.introspection])

/** These are how a client learns what to send, or waits: no news. */
const ORDINARY: ReadonlySet<string> = new Set(['use_dpop_nonce', 'authorization_pending', 'slow_down'])

interface Ended {
  readonly session: string
}

/** Resolves to false for what is none of these endpoints. */
export function makeEndpoint({ parts, provider, workloads, served }: FrontParts): Answer {
  watchLibrary(provider, parts)

  async function ask(page: ParameterizedContext, form: Form, arrival: Arrival): Promise<void> {
    const assertion = form.get('client_assertion')
    if (page.path !== ROUTES.token && form.get('token') !== undefined)
      form.set('token', disguised(form.get('token') ?? ''))
    if (assertion === undefined) {
      if (isHolders(page, form)) form.set('client_id', HOLDER)
      return
    }
    if (form.get('client_assertion_type') !== JWT_ASSERTION) return
    const standIn = await workloads.standIn(assertion, arrival.source)
    if (!standIn) return
    form.set('client_assertion', standIn.assertion)
    keepWorkload(page.state, standIn)
  }

  return async (page, next) => {
    if (page.method !== 'POST' || !ENDPOINTS.has(page.path)) return false
    const arrival = arrivalOf(page.req.headers)
    const form = await readForm(page.req)
    // What is no form is refused by the library, in its words.
    if (!form) return next().then(() => true)
    const client = clientNamed(form)
    await admit(arrival, client, parts)
    try {
      await ask(page, form, arrival)
      replayForm(page.req, form)
      await next()
    } catch (error) {
      if (!(error instanceof OAuthRefusal)) throw error
      page.status = error.error === 'invalid_client' ? 401 : 400
      page.body = { error: error.error, error_description: error.error_description }
      page.state['sign'] = error.sign
    }
    if (page.status === 401) parts.guesses.wrong(arrival.source, client)
    // Nothing less: whoever could be taken for known by a request that proves nothing would have as many tries as they like.
    else if (page.status === 200) parts.guesses.right(arrival.source, client)
    await record(page, { form, arrival, served }, parts)
    return true
  }
}

/** Rejects with a Refusal `too_many_attempts`; what it is a sign of is recorded, once a minute. */
async function admit(
  { source, exchange }: Arrival,
  client: string,
  { guesses, trail }: AuthorizationParts,
): Promise<void> {
  try {
    guesses.admit(source, client)
  } catch (error) {
    const sign = error instanceof Refusal ? error.detail.indicator : undefined
    if (sign) await trail.append({ kind: 'indicator', exchange, source, ...sign }, 'process')
    throw error
  }
}

/** Nobody in particular: whoever shows a credential for a session, and names no client and proves none. */
function isHolders(page: ParameterizedContext, form: Form): boolean {
  if (form.get('client_id') !== undefined || page.req.headers.authorization !== undefined) return false
  return page.path !== ROUTES.token || [EXCHANGE, REFRESH].includes(form.get('grant_type') ?? '')
}

/** As it says itself: for counting alone. */
function clientNamed(form: Form): string {
  const named = form.get('client_id')
  if (named !== undefined) return named
  const [, claims = ''] = (form.get('client_assertion') ?? '').split('.', 2)
  return `assertion of ${
    Buffer.from(claims.slice(0, 4096), 'base64url')
      .toString('latin1')
      .match(/"sub"\s*:\s*"([^"]{1,256})"/)?.[1] ?? 'nobody'
  }`
}

/** What the library tells by events only: a token was destroyed, which ends its session; and what it refused, and why. */
function watchLibrary(provider: FrontParts['provider'], { sessions, clock, report }: AuthorizationParts): void {
  const end = ({ sid, clientId }: { sid?: string | undefined; clientId?: string | undefined }): void => {
    if (sid === undefined) return
    sessions.end(sid, { at: clock.now(), why: 'revoked', by: clientId ?? 'nobody' })
    const page = Provider.ctx
    if (page) page.state['ended'] = { session: sid } satisfies Ended
  }
  provider.on('access_token.destroyed', end)
  provider.on('refresh_token.destroyed', end)
  const keepSign = (ctx: ParameterizedContext, error: unknown): void => {
    if (error instanceof OAuthRefusal) ctx.state['sign'] = error.sign
  }
  provider.on('grant.error', keepSign)
  provider.on('server_error', (ctx: ParameterizedContext, error: unknown) => refuse(ctx, error, { report }))
}

interface Attempt {
  readonly form: Form
  readonly arrival: Arrival
  readonly served: readonly string[]
}

async function record(
  page: ParameterizedContext,
  attempt: Attempt,
  { trail, room }: AuthorizationParts,
): Promise<void> {
  const { arrival } = attempt
  const sign = page.state['sign'] as Sign | undefined
  const entry = entryOf(page, attempt, sign)
  if (!entry) return
  // A flood of strangers must not use up what signing can do in a second: they wait, and those who are known do not.
  if (page.status === 401) await room()
  if (sign)
    await trail.append({ kind: 'indicator', exchange: arrival.exchange, source: arrival.source, ...sign }, 'process')
  await trail.append(entry, 'process')
}

function entryOf(
  page: ParameterizedContext,
  { form, arrival, served }: Attempt,
  sign: Sign | undefined,
): TokenEntry | undefined {
  const { exchange, source } = arrival
  const proven = page['oidc']?.client?.clientId as string | undefined
  const client = proven === undefined ? {} : { client: proven }
  const ended = page.state['ended'] as Ended | undefined
  if (ended) return { kind: 'token', what: 'revoked', ...ended, ...client, source, exchange }
  if (page.status < 400 || page.path !== ROUTES.token) return undefined
  const reason = errorOf(page.body)
  if (ORDINARY.has(reason)) return undefined
  // The caller's own words are recorded only where they are one of ours.
  const grant = served.find((name) => name === form.get('grant_type'))
  return {
    kind: 'token',
    what: 'refused',
    ...(grant === undefined ? {} : { grant }),
    ...client,
    reason,
    ...(sign ? { indicator: sign.indicator } : {}),
    source,
    exchange,
  }
}

const errorOf = (body: unknown): string =>
  typeof body === 'object' && body !== null && 'error' in body && typeof body.error === 'string'
    ? body.error
    : 'server_error'
