// Around the endpoints at which clients prove themselves (token, revocation, introspection): bounds who may try, puts an assertion of
// ours in the place of a workload's own token, and records every no, and every end, before it is told. Whatever is posted there passes
// here, form or not: what the library alone would read, nobody would count.
import type { ParameterizedContext } from 'koa'
import { Provider } from 'oidc-provider'
import { ROUTES } from '#access/authorization-path.ts'
import type { Sign } from '#access/refusal.ts'
import type { TokenEntry } from '#access/trail.ts'
import { type Arrival, arrivalOf } from './arrival.ts'
import { keepWorkload } from './asking.ts'
import { HOLDER } from './client.ts'
import { errorOf, isOrdinary, makeEndpointTries, provenApplication } from './endpoint-tries.ts'
import { type Form, readForm, replayForm, subjectOf } from './form.ts'
import type { FrontParts } from './front-parts.ts'
import { EXCHANGE, JWT_ASSERTION, REFRESH } from './grant-types.ts'
import { describable, OAuthRefusal } from './oauth-refusal.ts'
import { refuse } from './page-refusal.ts'
import type { AuthorizationParts } from './parts.ts'
import { seldom } from './seldom.ts'
import { disguised } from './tokens.ts'

type Answer = (page: ParameterizedContext, next: () => Promise<unknown>) => Promise<boolean>

const ENDPOINTS: ReadonlySet<string> = new Set([ROUTES.token, ROUTES.revocation, ROUTES.introspection])

interface Ended {
  readonly session: string
}

/** Resolves to false for what is none of these endpoints. */
export function makeEndpoint(front: FrontParts): Answer {
  const { parts, active, provider, workloads, served } = front
  const tries = makeEndpointTries(front)
  const report = seldom(parts.report, () => parts.clock.now())
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

  async function handOn(page: ParameterizedContext, next: () => Promise<unknown>, { form, arrival }: Attempt) {
    if (!form) throw new OAuthRefusal('invalid_request', 'a form is needed: application/x-www-form-urlencoded')
    await ask(page, form, arrival)
    replayForm(page.req, form)
    await next()
  }

  /** The caller is told that it failed, and no more: it may be anybody. */
  function tellCause(page: ParameterizedContext, form: Form | undefined): void {
    const cause: unknown = page.state['cause']
    if (typeof cause !== 'string') return
    const named = form?.get('client_id') ?? subjectOf(form?.get('client_assertion') ?? '')
    const known = named !== undefined && active.config.applications.has(named)
    report(`${known ? `the application ${named}` : 'a client that is none here'} did not prove itself: ${cause}`)
  }

  return async (page, next) => {
    if (page.method !== 'POST' || !ENDPOINTS.has(page.path)) return false
    const arrival = arrivalOf(page.req.headers)
    const form = await readForm(page.req)
    const attempt = { form, arrival, served }
    const count = await tries.admit(arrival, form)
    try {
      await handOn(page, next, attempt)
    } catch (error) {
      if (!(error instanceof OAuthRefusal)) throw error
      page.status = error.error === 'invalid_client' ? 401 : 400
      page.body = { error: error.error, error_description: error.error_description }
      page.state['sign'] = error.sign
    }
    count(page)
    tellCause(page, form)
    await record(page, attempt, front)
    return true
  }
}

/** Nobody in particular: whoever shows a credential for a session, and names no client and proves none. */
function isHolders(page: ParameterizedContext, form: Form): boolean {
  if (form.get('client_id') !== undefined || page.req.headers.authorization !== undefined) return false
  return page.path !== ROUTES.token || [EXCHANGE, REFRESH].includes(form.get('grant_type') ?? '')
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
  const keepWhy = (ctx: ParameterizedContext, error: Error & { error_detail?: unknown }): void => {
    if (error instanceof OAuthRefusal) ctx.state['sign'] = error.sign
    if (error.message === 'invalid_client') ctx.state['cause'] = causeOf(error)
  }
  provider.on('grant.error', keepWhy)
  provider.on('revocation.error', keepWhy)
  provider.on('introspection.error', keepWhy)
  provider.on('server_error', (ctx: ParameterizedContext, error: unknown) => refuse(ctx, error, { report }))
}

/** A parser's own words quote what it read. */
function causeOf({ cause, error_detail: detail }: Error & { readonly error_detail?: unknown }): string {
  if (cause instanceof SyntaxError) return 'its assertion cannot be read'
  return typeof detail === 'string' ? describable(detail) : 'no more is known'
}

interface Attempt {
  readonly form: Form | undefined
  readonly arrival: Arrival
  readonly served: readonly string[]
}

async function record(
  page: ParameterizedContext,
  attempt: Attempt,
  { parts: { trail, room }, active }: Pick<FrontParts, 'parts' | 'active'>,
): Promise<void> {
  const { arrival } = attempt
  const sign = page.state['sign'] as Sign | undefined
  const entry = entryOf(page, attempt, sign)
  if (!entry) return
  // A flood of strangers must not use up what signing can do in a second: they wait, and those who proved themselves do not.
  if (page.status >= 400 && provenApplication(page, active.config) === undefined) await room()
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
  // The library names it before it looks at its proof.
  const proven = page.status === 401 ? undefined : (page['oidc']?.client?.clientId as string | undefined)
  const client = proven === undefined ? {} : { client: proven }
  const ended = page.state['ended'] as Ended | undefined
  if (ended) return { kind: 'token', what: 'revoked', ...ended, ...client, source, exchange }
  // Whoever has to wait is no news with each request.
  const isNews = page.status >= 400 && page.status !== 429 && !isOrdinary(page.body)
  if (!isNews || page.path !== ROUTES.token) return undefined
  // The caller's own words are recorded only where they are one of ours.
  const grant = served.find((name) => name === form?.get('grant_type'))
  return {
    kind: 'token',
    what: 'refused',
    ...(grant === undefined ? {} : { grant }),
    ...client,
    reason: errorOf(page.body),
    ...(sign ? { indicator: sign.indicator } : {}),
    source,
    exchange,
  }
}
