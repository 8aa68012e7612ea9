// An issuer beside the demo's own that signs whatever it is told to, and a bundle that trusts both.
import { type ForgedKey, makeKey } from '#identity/forge.fixture.ts'
import { CLINIC, CLINIC_YAML } from '../rig.ts'

export interface ForgedIssuer {
  readonly url: string
  readonly key: ForgedKey
  /** Claims that are right in every way: of a clinician, for an hour. */
  readonly claims: Readonly<Record<string, unknown>>
  /** The bundle's files. */
  readonly files: Readonly<Record<string, string>>
  /** How often its keys were asked for. */
  readonly fetched: () => number
  readonly stop: () => Promise<void>
}

export function startForgedIssuer(): ForgedIssuer {
  const key = makeKey('forged-1')
  let fetched = 0
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch(request): Response {
      const { origin, pathname } = new URL(request.url)
      if (pathname !== '/jwks') return Response.json({ issuer: origin, jwks_uri: `${origin}/jwks` })
      fetched += 1
      return Response.json({ keys: [key.jwk] })
    },
  })
  const url = `http://127.0.0.1:${server.port}`
  const entry = `  forged: { url: "${url}", audience: sallyport-demo, groups: groups, as: "User::forged/{sub}" }\n`
  const yaml = CLINIC_YAML.replace('"User::{sub}"', '"User::harbor/{sub}"')
    .replace('issuers:\n', `issuers:\n${entry}`)
    .replace('[harbor:clinicians]', '[harbor:clinicians, forged:clinicians]')
  const seconds = Math.floor(Date.now() / 1000)
  const times = { iat: seconds - 60, exp: seconds + 3600 }
  return {
    url,
    key,
    claims: { iss: url, sub: 'mallory', aud: 'sallyport-demo', groups: ['clinicians'], ...times },
    files: { ...CLINIC, 'sallyport.yaml': yaml },
    fetched: () => fetched,
    stop: () => server.stop(true),
  }
}
