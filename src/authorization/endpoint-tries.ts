// How often a place may fail at the endpoints where clients prove themselves: 30 at once, and one more every 2 s, whatever it was that
// did not hold. Whoever proved themselves from there within the last hour goes on meanwhile, by what they prove again, and by no name:
// an application by an assertion that its key has signed, anybody else by the very text of a token that was good. A person whose token
// proves them goes on anyway. Whoever goes on by a token has as many tries of their own for that: it is no leave to fail for ever.
import { hash } from 'node:crypto'
import { decodeProtectedHeader, importJWK, type JWK, jwtVerify } from 'jose'
import type { ParameterizedContext } from 'koa'
import { ROUTES } from '#access/authorization-path.ts'
import { Refusal } from '#access/refusal.ts'
import { makeTries } from '#identity/tries.ts'
import type { Config } from '#policy/bundle/config.ts'
import type { Arrival } from './arrival.ts'
import { ASSERTION_ALGORITHMS, TOLERANCE_S } from './configuration.ts'
import { type Form, subjectOf } from './form.ts'
import type { FrontParts } from './front-parts.ts'
import { EXCHANGE, REFRESH } from './grant-types.ts'

export interface EndpointTries {
  /** `form`: undefined where it is none. Rejects with a Refusal `too_many_attempts`; what that is a sign of is recorded, once a minute. */
  admit(arrival: Arrival, form: Form | undefined): Promise<Count>
}

/** MUST be called once it is answered. */
export type Count = (page: ParameterizedContext) => void

/** Who goes on where a place has no tries left. An application has no bound of its own: it is in the bundle. */
interface Known {
  readonly tries?: string
}

/** These are how a client learns what to send, or waits: no failure, and no news. */
const ORDINARY: ReadonlySet<string> = new Set(['use_dpop_nonce', 'authorization_pending', 'slow_down'])

export function makeEndpointTries({ parts, active, provider, workloads }: FrontParts): EndpointTries {
  const { guesses, trail, clock } = parts
  const own = makeTries()

  async function knownBy(form: Form | undefined, source: string): Promise<Known | undefined> {
    const assertion = form?.get('client_assertion')
    if (assertion !== undefined) return (await isApplication(assertion, source)) ? {} : undefined
    const text = shownIn(form)
    const tries = (await personOf(form, source)) ?? (isMarked(source, text) ? hash('sha256', text ?? '') : undefined)
    return tries === undefined || own.wait(tries, clock.monotonic()) > 0 ? undefined : { tries }
  }

  async function isApplication(assertion: string, source: string): Promise<boolean> {
    const standIn = await workloads.standIn(assertion, source).catch(() => undefined)
    const id = standIn?.client ?? subjectOf(assertion)
    if (id === undefined || !active.config.applications.has(id) || !isMarked(source, markOf(id))) return false
    return standIn !== undefined || isSigned(assertion, id)
  }

  /** A token of theirs proves a person by itself, each time: as it does at the gate, where nobody counts these. */
  async function personOf(form: Form | undefined, source: string): Promise<string | undefined> {
    const text = shownIn(form)
    if (text === undefined || form?.get('grant_type') !== EXCHANGE) return undefined
    const person = await active.tokens.identify({ credential: text, source }).catch(() => undefined)
    return person && `${person.proof.issuer} ${person.type}::${person.id}`
  }

  function isMarked(source: string, credential: string | undefined): boolean {
    if (credential === undefined) return false
    try {
      guesses.admit(source, credential)
      return true
    } catch {
      return false
    }
  }

  async function isSigned(assertion: string, id: string): Promise<boolean> {
    const client = await provider.Client.find(id)
    for (const key of client?.jwks?.keys ?? []) if (await isSignedBy(assertion, key as JWK, id)) return true
    return false
  }

  const isSignedBy = async (assertion: string, key: JWK, id: string): Promise<boolean> => {
    try {
      const { alg } = decodeProtectedHeader(assertion)
      const options = { subject: id, issuer: id, requiredClaims: ['exp'], clockTolerance: TOLERANCE_S }
      const times = { algorithms: [...ASSERTION_ALGORITHMS], currentDate: new Date(clock.now()) }
      await jwtVerify(assertion, await importJWK(key, alg), { ...options, ...times })
      return true
    } catch {
      return false
    }
  }

  function count(page: ParameterizedContext, { source, form, known }: Counted): void {
    const application = provenApplication(page, active.config)
    if (application === undefined && isFailure(page)) {
      guesses.wrong(source, '')
      if (known?.tries !== undefined) own.spend(known.tries, clock.monotonic())
    }
    if (page.status !== 200) return
    if (application !== undefined) guesses.right(source, markOf(application))
    // Introspection answers 200 whatever it is asked: only what a token was issued for was good.
    if (page.path !== ROUTES.token) return
    for (const text of [shownIn(form), issuedRefresh(page.body)]) {
      if (text !== undefined) guesses.right(source, text)
    }
  }

  return {
    async admit({ source, exchange }, form) {
      let known: Known | undefined
      try {
        guesses.admit(source, '')
      } catch (error) {
        const sign = error instanceof Refusal ? error.detail.indicator : undefined
        if (sign) await trail.append({ kind: 'indicator', exchange, source, ...sign }, 'process')
        known = await knownBy(form, source)
        if (!known) throw error
      }
      return (page) => count(page, { source, form, known })
    },
  }
}

interface Counted {
  readonly source: string
  readonly form: Form | undefined
  readonly known: Known | undefined
}

/** What the grant goes by: beside any other it proves nothing, and would let whoever has it try as often as they like. */
function shownIn(form: Form | undefined): string | undefined {
  const grant = form?.get('grant_type')
  if (grant === EXCHANGE) return form?.get('subject_token')
  return grant === REFRESH ? form?.get('refresh_token') : undefined
}

const markOf = (application: string): string => `application ${application}`

/** Whose key, or platform, was checked by now. A key that somebody's own document names makes nobody known: it is any stranger's. */
export function provenApplication(
  page: ParameterizedContext,
  { applications }: Pick<Config, 'applications'>,
): string | undefined {
  const client = page['oidc']?.client as { clientId: string; clientAuthMethod?: string } | undefined
  if (page.status === 401 || client?.clientAuthMethod !== 'private_key_jwt') return undefined
  return applications.has(client.clientId) ? client.clientId : undefined
}

const isFailure = ({ status, body }: ParameterizedContext): boolean =>
  status >= 400 && status < 500 && status !== 429 && !isOrdinary(body)

export const isOrdinary = (body: unknown): boolean => ORDINARY.has(errorOf(body))

export const errorOf = (body: unknown): string => textOf(body, 'error') ?? 'server_error'

const issuedRefresh = (body: unknown): string | undefined => textOf(body, 'refresh_token')

function textOf(body: unknown, name: string): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const value: unknown = Reflect.get(body, name)
  return typeof value === 'string' ? value : undefined
}
