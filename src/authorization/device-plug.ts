// The device flow (RFC 8628), as far as people see it. Codes are short, so a place that enters wrong ones soon has to wait (section 5.1).
import { Refusal } from '#access/refusal.ts'
import { makeGuesses } from '#identity/guesses.ts'
import { arrivalOf } from './arrival.ts'
import { deviceFlow, tooManyCodes } from './device-pages.ts'
import { draw } from './interaction-routes.ts'
import { canLogIn } from './login.ts'
import type { MakePlug, Page } from './plug.ts'

export const devicePlug: MakePlug = (parts, { config }) => {
  if (!canLogIn(config)) return {}
  const guesses = makeGuesses(parts)
  const brought = new WeakMap<Page['req'], string>()
  const flow = deviceFlow({
    config,
    broughtBy: ({ req }) => brought.get(req),
    sourceOf: ({ headers }) => arrivalOf(headers).source,
  })
  const askForCode: typeof flow.userCodeInputSource = (ctx, form, out, error) => {
    if (error?.name === 'NotFoundError') guesses.wrong(arrivalOf(ctx.headers).source, '')
    return flow.userCodeInputSource?.(ctx, form, out, error)
  }
  return {
    configuration: { features: { deviceFlow: { ...flow, userCodeInputSource: askForCode } } },
    async answer(page) {
      if (page.path !== '/oauth/device') return false
      if (page.method === 'POST') return isLocked(page)
      // The library would submit it by script at once; here it is only filled in.
      const { user_code: code, ...query } = page.query
      if (typeof code === 'string' && code.length <= 32) brought.set(page.req, code)
      page.query = query
      return false
    },
  }

  function isLocked(page: Page): boolean {
    try {
      guesses.admit(arrivalOf(page.headers).source, '')
      return false
    } catch (error) {
      if (!(error instanceof Refusal) || error.reason !== 'too_many_attempts') throw error
      const { retryAfter = 2 } = error.detail
      draw(page, tooManyCodes(`Too many wrong codes came from your address. Try again in ${retryAfter} s.`))
      page.set('retry-after', String(retryAfter))
      return true
    }
  }
}
