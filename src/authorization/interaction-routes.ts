// The pages between a client's request and its answer: where to log in, the way back from there, and whether the client may act.
// The surprise: the library's own cookie says that a browser began an interaction, but only below that interaction's path. The way
// back from an issuer has a path of that issuer, and is tied to the browser by a cookie of ours.
import type { Interaction, Provider } from 'oidc-provider'
import { CALLBACK_PATH, LOGIN_PATH } from '#access/authorization-path.ts'
import { Refusal } from '#access/refusal.ts'
import { arrivalOf } from './arrival.ts'
import { readForm } from './form.ts'
import { askingClient, type AskingClient } from './interaction-client.ts'
import { html, type Page as Drawn, renderPage } from './interaction-page.ts'
import { choicePage, consentPage, startOver, stoppedPage } from './interaction-pages.ts'
import { addAll } from './interaction-policy.ts'
import type { RecordRefused } from './interaction-record.ts'
import { askedFor, detailsOf } from './interaction-wish.ts'
import type { Login } from './login.ts'
import type { Seal } from './login-seal.ts'
import type { WaysBack } from './login-way-back.ts'
import type { Logins } from './logins.ts'
import type { ActiveAuthorization } from './parts.ts'
import type { Page } from './plug.ts'

export interface InteractionParts {
  readonly config: ActiveAuthorization['config']
  readonly login: Login
  readonly logins: Logins
  readonly seal: Seal
  readonly ways: WaysBack
  readonly record: RecordRefused
  /** One line for the operator, never a secret. */
  readonly report: (line: string) => void
}

const ROUTE = /^\/oauth\/login\/([A-Za-z0-9_-]{10,64})(?:\/at\/([A-Za-z0-9._%-]{1,128}))?$/
const CONSENT_MS = 600_000

/** Resolves to true where it has answered. */
export function interactionRoutes(parts: InteractionParts): (page: Page, provider: Provider) => Promise<boolean> {
  return async (page, provider) => {
    if (!page.path.startsWith(`${LOGIN_PATH}/`)) return false
    try {
      await answer(parts, page, provider)
    } catch (error) {
      draw(page, troublePage(error, parts.report))
    }
    return true
  }
}

async function answer(parts: InteractionParts, page: Page, provider: Provider): Promise<void> {
  if (page.path.startsWith(`${CALLBACK_PATH}/`)) return comeBack(parts, page, provider)
  const [, uid, issuer] = ROUTE.exec(page.path) ?? []
  if (uid === undefined) throw notFound()
  const interaction = await interactionOf(page, provider, uid)
  const step = interaction.prompt.name
  const client = await clientOf(parts, provider, interaction)
  if (page.method === 'GET' && step === 'login') return logIn(parts, page, { interaction, client, issuer })
  if (page.method === 'GET' && step === 'consent' && issuer === undefined) {
    return draw(page, await consentOf(parts, interaction, client))
  }
  if (page.method === 'POST' && step === 'consent') return agree(parts, page, { interaction, provider })
  throw notFound()
}

const notFound = (): Refusal => new Refusal('not_found', { message: 'There is nothing here, or not any more.' })

/** By the library's cookie of exactly this interaction. */
async function interactionOf(page: Page, provider: Provider, uid: string): Promise<Interaction> {
  const found = await provider.interactionDetails(page.req, page.res).catch((cause: unknown) => {
    throw new Refusal('session_ended', { message: 'This login was not begun in this browser, or is over.', cause })
  })
  if (found.uid !== uid) throw notFound()
  return found
}

async function clientOf(parts: InteractionParts, provider: Provider, { params }: Interaction): Promise<AskingClient> {
  const found = await provider.Client.find(String(params['client_id']))
  if (found) return askingClient(parts.config.applications, found)
  throw new Refusal('not_found', { message: 'The program that asked is not known any more.' })
}

interface Step {
  readonly interaction: Interaction
  readonly client: AskingClient
  readonly issuer: string | undefined
}

async function logIn(parts: InteractionParts, page: Page, { interaction, client, issuer }: Step): Promise<void> {
  const { uid, params, deviceCode } = interaction
  const open = parts.login.issuers.filter(({ name }) => client.kind !== 'application' || client.users.includes(name))
  const [first] = open
  if (!first) {
    throw new Refusal('not_permitted', { message: 'Nobody can log in for this program: no issuer is set up for it.' })
  }
  const chosen = issuer === undefined ? undefined : open.find(({ name }) => encodeURIComponent(name) === issuer)
  if (issuer !== undefined && !chosen) throw notFound()
  // Of a device, the browser comes from a form, and a policy of that page would have to name the provider: a link is followed freely.
  if (!chosen && (open.length > 1 || deviceCode !== undefined)) {
    return draw(page, choicePage({ uid, issuers: open, client }))
  }
  const { prompt } = params
  const again = typeof prompt === 'string' && prompt.split(' ').includes('login')
  const { url, begun } = await parts.login.begin((chosen ?? first).name, { again })
  await parts.ways.prepare(page, { uid, begun })
  page.set('cache-control', 'no-store')
  page.status = 303
  page.redirect(url)
}

async function comeBack(parts: InteractionParts, page: Page, provider: Provider): Promise<void> {
  const { uid, begun } = await parts.ways.take(page)
  const interaction = await provider.Interaction.find(uid)
  if (!interaction || interaction.prompt.name !== 'login' || interaction.result) throw notFound()
  const person = await parts.login.finish(begun, page.querystring).catch(refusalOf)
  if (person instanceof Refusal) {
    await parts.record(page, { interaction, reason: person.reason })
    // Of the provider's no, or the person's, the client learns; of anything else the person does, who can try again.
    if (person.reason !== 'not_permitted') throw person
    interaction.result = { error: 'access_denied', error_description: person.detail.message }
  } else {
    await forget(provider, interaction)
    interaction.result = {
      ...interaction.lastSubmission,
      login: { accountId: await parts.logins.keep(person), remember: false },
    }
  }
  await goOn(page, interaction)
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  throw error
}

/** Whoever logged in in this browser before: the library would ask to log them out first. */
async function forget(provider: Provider, interaction: Interaction): Promise<void> {
  const { session } = interaction
  if (!session) return
  await (await provider.Session.findByUid(session.uid))?.destroy()
  delete interaction.session
}

async function consentOf(parts: InteractionParts, interaction: Interaction, client: AskingClient): Promise<Drawn> {
  const { uid, params, session, deviceCode } = interaction
  const person = session && (await parts.logins.find(session.accountId))
  if (!person) throw new Refusal('session_ended', { message: 'The login is over.' })
  const redirect = params['redirect_uri']
  return consentPage({
    uid,
    token: await parts.seal.close('consent', { uid }, CONSENT_MS),
    client,
    person: person.id,
    ...(deviceCode === undefined && typeof redirect === 'string' && { redirect }),
    asked: askedFor(params),
  })
}

async function agree(
  parts: InteractionParts,
  page: Page,
  { interaction, provider }: { readonly interaction: Interaction; readonly provider: Provider },
): Promise<void> {
  const form = await readForm(page.req)
  const shown = await parts.seal.open('consent', form?.get('token') ?? '')
  if (shown?.['uid'] !== interaction.uid) {
    throw new Refusal('malformed_request', { message: 'The answer does not come from the page that asked.' })
  }
  const { params, session, lastSubmission } = interaction
  if (form?.get('answer') !== 'allow' || !session) {
    const person = session && (await parts.logins.find(session.accountId))
    await parts.record(page, { interaction, reason: 'access_denied', ...(person && { person }) })
    interaction.result = { error: 'access_denied', error_description: 'The person said no.' }
    return goOn(page, interaction)
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: String(params['client_id']) })
  addAll(grant, {
    scopes: askedFor(params).scopes,
    resources: resourcesOf(params, parts.config.public),
    details: detailsOf(params['authorization_details']),
  })
  interaction.result = { ...lastSubmission, consent: { grantId: await grant.save() } }
  return goOn(page, interaction)
}

function resourcesOf({ resource }: Interaction['params'], own: string): readonly string[] {
  const named = Array.isArray(resource) ? resource : [resource]
  const texts = named.filter((each): each is string => typeof each === 'string')
  return texts.length === 0 ? [own] : texts
}

/** To where the library takes over. */
async function goOn(page: Page, interaction: Interaction): Promise<void> {
  await interaction.persist()
  page.set('cache-control', 'no-store')
  page.status = 303
  page.redirect(interaction.returnTo)
}

export function draw(page: Page, drawn: Drawn): void {
  const { exchange } = arrivalOf(page.headers)
  const { status, headers, body } = renderPage(drawn.status < 400 ? drawn : underExchange(drawn, exchange))
  page.status = status
  page.set(headers)
  page.body = body
}

/** What whoever is asked about it looks for in the log. */
const underExchange = (drawn: Drawn, exchange: string): Drawn => ({
  ...drawn,
  main: html`${drawn.main}
    <p>Exchange <code>${exchange}</code></p>`,
})

/** Links that are old, were opened elsewhere, or made up: anybody can cause these, as often as they like. */
const NO_NEWS: ReadonlySet<Refusal['reason']> = new Set(['malformed_request', 'not_found', 'session_ended'])

function troublePage(error: unknown, report: InteractionParts['report']): Drawn {
  if (error instanceof Refusal) {
    const cause = error.cause instanceof Error ? `: ${error.cause.message}` : ''
    if (!NO_NEWS.has(error.reason)) report(`login: ${error.message}${cause}`)
    return stoppedPage(error.status, error.message, startOver)
  }
  report(`login: ${error instanceof Error ? error.message : String(error)}`)
  return stoppedPage(500, 'Something went wrong here.', startOver)
}
