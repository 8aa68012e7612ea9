// Client-id metadata documents: a client id that is the https address of a JSON document, which says what the client is. Anybody can
// name any address, so what is fetched is judged before (here and by the egress guard), bounded, and read strictly.
import { readClaims, stringsOf, type Claims } from '#identity/claims.ts'
import { readAddress } from '#lib/network.ts'
import { CODE, DEVICE_CODE, REFRESH, TASK } from './grant-types.ts'
import { isLoopbackRedirect, isPrivateScheme } from './interaction-redirect.ts'
import { bounded } from './login-fetch.ts'
import type { AuthorizationParts } from './parts.ts'

/** What drafts of the specification advise (section 6.6 of draft 00): 5 KiB; key sets are larger. */
const MOST_DOCUMENT = 5 * 1024
const MOST_KEYS = 64 * 1024
const LONGEST_ID = 512

/** A host that a document of a client may be at: a name, and none of this machine. The guard judges where it leads. */
export function isDocumentAddress(text: string): boolean {
  if (text.length > LONGEST_ID || !URL.canParse(text)) return false
  const { href, protocol, hostname, pathname, username, password, hash, port } = new URL(text)
  // In its one spelling: to whoever compares ids as texts (the library, the pages that name the client) another one is another client.
  if (href !== text) return false
  const isAddress = readAddress(hostname.replace(/^\[|\]$/g, '')) !== undefined
  const isOwn = hostname === 'localhost' || hostname.endsWith('.localhost') || !hostname.includes('.')
  const isPlain = username === '' && password === '' && hash === ''
  return (
    protocol === 'https:' && !isAddress && !isOwn && isPlain && pathname !== '/' && (port === '' || Number(port) > 0)
  )
}

type Fetch = AuthorizationParts['fetch']

/**
 * The library's way out: documents of clients, and key sets that they name. Rejects where an address is none of those that may be
 * named, and where what it answers is no JSON object that every parser reads alike.
 */
export function documentFetch(fetch: Fetch): Fetch {
  return async (url, init) => {
    const address = url instanceof Request ? url.url : url.toString()
    if (!isDocumentAddress(address)) throw new Error('no address that a client may be described at')
    const answer = await bounded(await fetch(address, { ...init, redirect: 'manual' }), MOST_KEYS)
    if (answer.status !== 200) return answer
    const bytes = new Uint8Array(await answer.arrayBuffer())
    const claims = readClaims(bytes)
    const { headers, status } = answer
    if (claims['client_id'] !== address) return new Response(bytes, { status, headers })
    if (bytes.byteLength > MOST_DOCUMENT) throw new Error('the document has more than 5 KiB')
    return new Response(JSON.stringify(asPublicClient(claims)), { status, headers })
  }
}

const GRANTS: ReadonlySet<string> = new Set([CODE, REFRESH, DEVICE_CODE])

/** As much of a document as counts here: what else it asks for (other grants, keys of its own for anything else) it does not get. */
function asPublicClient(claims: Claims): Record<string, unknown> {
  const redirects = stringsOf(claims['redirect_uris']) ?? []
  const grants = stringsOf(claims['grant_types'])?.filter((each) => GRANTS.has(each))
  const isNative = redirects.some((each) => isLoopbackRedirect(each) || isPrivateScheme(each))
  const kept = KEPT.flatMap((name) => (claims[name] === undefined ? [] : [[name, claims[name]] as const]))
  return {
    ...Object.fromEntries(kept),
    token_endpoint_auth_method: claims['token_endpoint_auth_method'] ?? 'none',
    application_type: isNative ? 'native' : 'web',
    authorization_details_types: [TASK],
    ...(grants && { grant_types: grants }),
    // The library would let somebody log in, and refuse their code.
    ...(grants && !grants.includes(CODE) && { response_types: [] }),
  }
}

/** Secrets are kept, so that the library refuses them. */
const KEPT = [
  'client_id',
  'client_name',
  'client_uri',
  'client_secret',
  'client_secret_expires_at',
  'redirect_uris',
  'response_types',
  'scope',
  'jwks',
  'jwks_uri',
  'token_endpoint_auth_signing_alg',
] as const

/** Where a code may be sent for a client that nobody here admitted: https, this machine, or a scheme of its own (RFC 8252). */
export const isDocumentRedirect = (address: string): boolean =>
  address.startsWith('https://') || isLoopbackRedirect(address) || isPrivateScheme(address)
