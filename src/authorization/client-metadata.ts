// Clients as the library wants them described (RFC 7591 section 2): applications of the bundle, and the one that stands for whoever
// names none. An application's keys are read anew each time: a key that was taken out of its file proves nothing any more.
import type { AdapterPayload } from 'oidc-provider'
import { z } from 'zod'
import type { ApplicationConfig, Config } from '#policy/bundle/config.ts'
import { HOLDER } from './client.ts'
import { CLIENT_CREDENTIALS, CODE, DEVICE_CODE, EXCHANGE, REFRESH } from './grant-types.ts'

/** A public key, as JWK. */
export type PublicJwk = Readonly<Record<string, unknown>>

export interface ClientMetadataOptions {
  readonly config: Pick<Config, 'applications'>
  /** Names of the grants that are served. */
  readonly served: readonly string[]
  readonly readText: (path: string) => string
  /** What stands in for a workload's own token once that was verified. */
  readonly workloadKey: PublicJwk
  readonly report: (line: string) => void
}

/** Undefined for what is no client of the bundle. */
export function clientMetadata(id: string, options: ClientMetadataOptions): AdapterPayload | undefined {
  if (id === HOLDER) {
    return {
      client_id: HOLDER,
      token_endpoint_auth_method: 'none',
      grant_types: [EXCHANGE, REFRESH],
      response_types: [],
      redirect_uris: [],
    }
  }
  const application = options.config.applications.get(id)
  return application && describe(application, options)
}

function describe(application: ApplicationConfig, options: ClientMetadataOptions): AdapterPayload {
  const { name, redirects, users, workload } = application
  const own = keysOf(application, options)
  const keys = workload ? [...own, options.workloadKey] : own
  const logsIn = redirects.length > 0
  const forPeople = [...(logsIn ? [CODE] : []), ...(users.length > 0 ? [DEVICE_CODE] : [])]
  const grants = [CLIENT_CREDENTIALS, EXCHANGE, REFRESH, ...forPeople]
  return {
    client_id: name,
    client_name: name,
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys },
    // Of what the library calls native it takes any port on the loopback.
    application_type: 'web',
    redirect_uris: [...redirects],
    response_types: logsIn && options.served.includes(CODE) ? ['code'] : [],
    grant_types: grants.filter((grant) => options.served.includes(grant)),
  }
}

const JWKS = z.object({ keys: z.array(z.record(z.string(), z.unknown())).max(20) })

/** Members that only a private key, or a shared one, has (RFC 7518 section 6). */
const PRIVATE = ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'priv']

function keysOf({ name, keys }: ApplicationConfig, { readText, report }: ClientMetadataOptions): readonly PublicJwk[] {
  if (keys === undefined) return []
  try {
    const found = JWKS.parse(JSON.parse(readText(keys))).keys
    if (found.some((key) => PRIVATE.some((member) => Object.hasOwn(key, member)))) {
      throw new Error('it holds a private key; make a new one, and put only its public half there')
    }
    return found
  } catch (error) {
    // Nothing of the file: what stands in the wrong one may be secret.
    const why = error instanceof z.ZodError || error instanceof SyntaxError ? 'it is no JWK set' : messageOf(error)
    report(`the keys of application ${name} cannot be used, so it cannot prove itself: ${why}`)
    return []
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown')
