// People log in: the pages of it, what the library must ask before it answers, and the way out to the issuers of the bundle.
import { ROUTES } from '#access/authorization-path.ts'
import { Refusal } from '#access/refusal.ts'
import type { FetchJson } from '#identity/document.ts'
import type { JwtAuthenticator } from '#identity/jwt.ts'
import type { IssuerConfig } from '#policy/bundle/config.ts'
import { arrivalOf } from './arrival.ts'
import { stoppedPage, startOver } from './interaction-pages.ts'
import { troubleInWords } from './interaction-trouble.ts'
import { grantOf, interactionPrompts } from './interaction-policy.ts'
import { recordRefused } from './interaction-record.ts'
import { draw, interactionRoutes } from './interaction-routes.ts'
import { makeLogin } from './login.ts'
import type { LoginFetch } from './login-fetch.ts'
import { makeLoginPeople } from './login-people.ts'
import { type LoginRate, makeLoginRate } from './login-rate.ts'
import { makeSeal } from './login-seal.ts'
import { describable } from './oauth-refusal.ts'
import { seldom } from './seldom.ts'
import { waysBack } from './login-way-back.ts'
import type { MakePlug, Page } from './plug.ts'

export interface LoginOutside {
  /** To issuers of the bundle, judged by the egress guard; private networks are meant. */
  readonly fetch: LoginFetch
  readonly fetchJson: FetchJson
  /** The secret of the gate's client at this issuer; undefined where its login names none. */
  readonly secretOf: (issuer: IssuerConfig) => Promise<string | undefined>
}

/** Keeps the issuers' keys from one bundle to the next. */
export function loginPlug({ fetch, fetchJson, secretOf }: LoginOutside): MakePlug {
  let latest: JwtAuthenticator | undefined
  let rate: LoginRate | undefined
  return (parts, active, logins) => {
    const { clock, secret } = parts
    const report = seldom(parts.report, () => clock.now())
    const seal = makeSeal(secret, clock)
    const begins = (rate ??= makeLoginRate(clock))
    const { config } = active
    const people = makeLoginPeople(config, { fetchJson, clock, report, ...(latest && { inherit: latest }) })
    latest = people.tokens
    // Keys of an issuer that is away just now are fetched again with the first token.
    void people.tokens.start()
    const login = makeLogin(config, { fetch, people, clock, secretOf })
    const routes = interactionRoutes({
      config,
      login,
      logins,
      seal,
      ways: waysBack(seal, config.public),
      record: recordRefused(parts),
      report,
    })
    return {
      configuration: {
        interactions: { url: (_ctx, { uid }) => `/oauth/login/${uid}`, policy: interactionPrompts(active) },
        loadExistingGrant: grantOf(active),
        // A code is good for a minute, whoever logs in meanwhile in the same browser.
        expiresWithSession: () => false,
        renderError(ctx, { error, error_description: description }) {
          report(`login: ${error}: ${describable(description ?? 'no more is known').slice(0, 200)}`)
          draw(ctx, stoppedPage(ctx.status, troubleInWords(error), startOver))
        },
      },
      async answer(page, provider) {
        if (isTooOften(page, begins)) return true
        askForConsent(page)
        return routes(page, provider)
      },
    }
  }
}

/** Each of these leaves a row, whoever asks. A browser is told on a page; a device in OAuth's own words. */
function isTooOften(page: Page, begins: LoginRate): boolean {
  const isDevice = page.path === ROUTES.device_authorization
  const isPageOfDevice = page.path === ROUTES.code_verification || page.path.startsWith(`${ROUTES.code_verification}/`)
  if (!isDevice && !isPageOfDevice && page.path !== ROUTES.authorization) return false
  try {
    begins.begin(arrivalOf(page.headers).source)
    return false
  } catch (error) {
    if (isDevice || !(error instanceof Refusal) || error.reason !== 'too_many_attempts') throw error
    draw(page, stoppedPage(error.status, error.message))
    page.set('retry-after', String(error.detail.retryAfter ?? 1))
    return true
  }
}

/**
 * The library issues refresh tokens only where the client asked for consent in so many words (OpenID Connect Core section 11), and
 * clients of OAuth don't. Here everybody who is not admitted by the bundle is asked for consent anyway.
 */
function askForConsent(page: Page): void {
  if (page.path !== ROUTES.authorization || page.method !== 'GET') return
  const { scope, prompt = '' } = page.query
  if (typeof scope !== 'string' || typeof prompt !== 'string' || !scope.split(' ').includes('offline_access')) return
  const prompts = prompt.split(' ').filter((each) => each !== '')
  if (prompts.includes('none') || prompts.includes('consent')) return
  page.query = { ...page.query, prompt: [...prompts, 'consent'].join(' ') }
}
