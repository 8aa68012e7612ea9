// Asks an issuer for its metadata and keys by the gate's own functions, and keeps what was seen on the way: when they
// say no, the document itself says why.
import { type Claims, readClaims, stringsOf } from '#identity/claims.ts'
import { discover } from '#identity/discovery.ts'
import { type FetchJson, readDocument } from '#identity/document.ts'
import { admitKeys, type PublicKey } from '#identity/public-key.ts'
import { issuerAt } from '#upstream/fetch-json.ts'
import type { Look } from '#upstream/look.ts'

export interface Watched {
  /** Undefined where no metadata could be read at all. */
  readonly document:
    | {
        readonly issuer: string | undefined
        /** `claims_supported`; undefined where it does not say. */
        readonly claims: readonly string[] | undefined
        readonly login: LoginPlaces
      }
    | undefined
  /** Those that the gate would take. */
  readonly keys: readonly PublicKey[]
  /** Why its tokens cannot be checked: a sentence without its end. */
  readonly fault: string | undefined
}

/** What its document says of logging in. */
export interface LoginPlaces {
  readonly authorize: string | undefined
  readonly token: string | undefined
  /** `code_challenge_methods_supported`; undefined where it does not say. */
  readonly challenges: readonly string[] | undefined
}

export async function watchIssuer(url: string, look: Look, within: number): Promise<Watched> {
  let metadata: Claims | undefined
  // The first no is the one to tell: the second address is only another place for the same document.
  let unreachable: string | undefined
  const fetchJson: FetchJson = async (address) => {
    const seen = await look({ url: new URL(address).href, to: issuerAt(address), within })
    if (!seen.ok) {
      unreachable ??= `${originOf(address)} ${seen.said}`
      throw new Error(unreachable)
    }
    if (address.includes('/.well-known/') && seen.status === 200) metadata ??= claimsOf(seen.bytes)
    const body = seen.status === 204 || seen.status === 304 ? null : Buffer.from(seen.bytes)
    return new Response(body, { status: seen.status })
  }
  const { signal } = new AbortController()
  let keys: readonly PublicKey[] = []
  let fault: string | undefined
  try {
    keys = await admitKeys(await readDocument(fetchJson, await discover(fetchJson, url, signal), signal))
  } catch (error) {
    fault = error instanceof Error ? error.message : String(error)
  }
  const document = metadata && {
    issuer: textIn(metadata, 'issuer'),
    claims: stringsOf(metadata['claims_supported']),
    login: {
      authorize: textIn(metadata, 'authorization_endpoint'),
      token: textIn(metadata, 'token_endpoint'),
      challenges: stringsOf(metadata['code_challenge_methods_supported']),
    },
  }
  return { document, keys, fault }
}

const textIn = (metadata: Claims, name: string): string | undefined => {
  const value = metadata[name]
  return typeof value === 'string' ? value : undefined
}

const originOf = (address: string): string => URL.parse(address)?.host ?? address

function claimsOf(bytes: Uint8Array): Claims | undefined {
  try {
    return readClaims(bytes)
  } catch {
    return undefined
  }
}
