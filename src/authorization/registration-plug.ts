// Where programs register themselves. The library reads and answers; what counts of a registration is decided before it looks.
import { errors } from 'oidc-provider'
import { makeGuesses } from '#identity/guesses.ts'
import { arrivalOf } from './arrival.ts'
import { canLogIn } from './login.ts'
import type { MakePlug, ProviderContext } from './plug.ts'
import { register } from './registration.ts'

export const registrationPlug: MakePlug = (parts, { config }) => {
  const names = config.sessions.clients.registration
  if (names.length === 0 || !canLogIn(config)) return {}
  // Nobody who registers has shown anything: 30 at once from one place, and one every 2 s.
  const tries = makeGuesses(parts)
  const idOf = ({ headers, oidc }: ProviderContext): string => {
    tries.wrong(arrivalOf(headers).source, '')
    const { body } = oidc
    if (!body) throw new errors.InvalidRequest('the body must be a JSON object')
    const { client_id: id, ...kept } = register(body, names)
    // What was not asked for above is not registered: the library goes on with this object.
    for (const name of Object.keys(body)) delete body[name]
    Object.assign(body, kept)
    return id
  }
  return {
    configuration: {
      features: {
        registration: {
          enabled: true,
          initialAccessToken: false,
          issueRegistrationAccessToken: false,
          idFactory: idOf,
        },
      },
    },
    async answer(page) {
      if (page.path === '/oauth/register') tries.admit(arrivalOf(page.headers).source, '')
      return false
    },
  }
}
