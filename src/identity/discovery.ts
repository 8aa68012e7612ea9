// Finds an issuer's keys by its own metadata (OpenID Connect Discovery 1.0 §4, else RFC 8414 §3).
// The document must name exactly the issuer that was asked: else one issuer could vouch with another's keys.
import { type FetchJson, readDocument } from './document.ts'
import { isTrustworthyUrl } from './issuer.ts'

/** The issuer's `jwks_uri`. Rejects with a plain Error of one short sentence. */
export async function discover(fetchJson: FetchJson, issuer: string, signal: AbortSignal): Promise<string> {
  const metadata = await readMetadata(fetchJson, issuer, signal)
  if (metadata['issuer'] !== issuer) throw new Error('its discovery document names another issuer')
  const uri = metadata['jwks_uri']
  if (typeof uri !== 'string' || !isTrustworthyUrl(uri)) {
    throw new Error('its discovery document has no jwks_uri that is https (http only on loopback)')
  }
  // A document fetched over TLS must not send us to a plain-text neighbour on this machine.
  if (issuer.startsWith('https:') && !uri.startsWith('https:')) throw new Error('its jwks_uri is not https')
  return uri
}

async function readMetadata(fetchJson: FetchJson, issuer: string, signal: AbortSignal) {
  const path = issuer.endsWith('/') ? issuer.slice(0, -1) : issuer
  try {
    return await readDocument(fetchJson, `${path}/.well-known/openid-configuration`, signal)
  } catch (error) {
    const { origin, pathname } = new URL(path)
    const tail = pathname === '/' ? '' : pathname
    // The first failure is the one to tell: most issuers speak OpenID Connect.
    return await readDocument(fetchJson, `${origin}/.well-known/oauth-authorization-server${tail}`, signal).catch(
      () => {
        throw error
      },
    )
  }
}
