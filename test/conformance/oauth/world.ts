// The world of the OAuth conformance run: the real processes as `sallyport start` runs them, and around them what an organisation has.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type CryptoKey, exportJWK, generateKeyPair } from 'jose'
import { makeProvider } from '#demo/provider.ts'
import { type LoginProvider, loginProvider } from '../../doubles/login-provider.ts'
import { type Application, APPLICATIONS, bundleFiles } from './bundle.ts'
import { freePort, type Running, startSallyport } from './processes.ts'
import { type TokenIssuer, tokenIssuer } from './token-issuer.ts'

export interface World {
  /** The gate's public origin: issuer, and the one resource. */
  readonly origin: string
  /** `openid-client` and `oauth4webapi` both take the private key as it is. */
  readonly keys: ReadonlyMap<Application, CryptoKey>
  readonly org: LoginProvider
  readonly partner: LoginProvider
  readonly staff: TokenIssuer
  readonly platform: TokenIssuer
  /** Why the processes ended of their own accord, where they did. */
  readonly ended: () => string | undefined
  /** The command line, in the same state directory: what it printed. */
  readonly run: (args: readonly string[]) => Promise<string>
  stop(): Promise<void>
}

const KEY_ID = 'conformance'

/** Rejects with what was printed last, where the processes do not come up. */
export async function startWorld(): Promise<World> {
  const home = await mkdtemp(join(tmpdir(), 'sallyport-oauth-'))
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const backTo = (issuer: string): string => `${origin}/oauth/login/callback/${issuer}`
  const demo = makeProvider({ credential: 'conformance-provider-credential-0123456789' })
  const provider = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    fetch: (request) => demo.fetch(request),
  })
  const [org, partner] = await Promise.all([loginProvider(backTo('org')), loginProvider(backTo('partner'))])
  const [staff, platform] = await Promise.all([tokenIssuer(), tokenIssuer()])
  const pairs = await Promise.all(APPLICATIONS.map(async (name) => ({ name, pair: await generateKeyPair('ES256') })))
  const sets = await Promise.all(
    pairs.map(async ({ name, pair }) => {
      const key = { ...(await exportJWK(pair.publicKey)), kid: KEY_ID, use: 'sig', alg: 'ES256' }
      return [name, { keys: [key] }] as const
    }),
  )
  const bundle = join(home, 'bundle')
  const files = bundleFiles({
    origin,
    provider: `http://127.0.0.1:${provider.port}`,
    org: org.url,
    partner: partner.url,
    staff: staff.url,
    platform: platform.url,
    client: org.client,
    keys: new Map(sets),
  })
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(bundle, path)), { recursive: true })
    await writeFile(join(bundle, path), text, { mode: 0o600 })
  }
  let running: Running | undefined
  const stop = async (): Promise<void> => {
    await running?.stop()
    await Promise.all([org.stop(), partner.stop(), staff.stop(), platform.stop(), provider.stop(true)])
    await rm(home, { recursive: true, force: true })
  }
  try {
    running = await startSallyport({ home, port, bundle })
  } catch (error) {
    await stop()
    throw error
  }
  return {
    origin,
    keys: new Map(pairs.map(({ name, pair }) => [name, pair.privateKey])),
    org,
    partner,
    staff,
    platform,
    ended: running.ended,
    run: running.run,
    stop,
  }
}

export function keyOf({ keys }: World, application: Application): { readonly key: CryptoKey; readonly kid: string } {
  const key = keys.get(application)
  if (!key) throw new Error(`no key of ${application}`)
  return { key, kid: KEY_ID }
}
