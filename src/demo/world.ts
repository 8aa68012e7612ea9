// The demo world: a provider, an issuer, the clinic's bundle, and tokens for its people. Everything in it is for show:
// its credentials are made anew at each start and open nothing but itself.
import { generateKeyPairSync } from 'node:crypto'
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { clinicYaml } from './clinic/clinic.ts'
import { DEMO_AUDIENCE, makeIssuer, PEOPLE, type Person } from './issuer.ts'
import { type Served, serveOn } from './listen.ts'
import { makeProvider } from './provider.ts'

export interface WorldOptions {
  /** The state directory. */
  readonly home: string
  readonly host: string
  /** The gateway's port: the world's ports lie ten and twelve above. */
  readonly port: number
  /** The keys of the clinic's applications, by name. */
  readonly apps: Readonly<Record<string, { readonly key: string }>>
  now(): number
  random(bytes: number): Uint8Array
}

export interface World {
  /** The clinic's bundle directory. */
  readonly bundle: string
  stop(): Promise<void>
}

/** Starts the world and writes `demo.json`. Throws as a listener does when a port is taken. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const { home, host, port } = options
  const at = (offset: number): string => `http://${host.includes(':') ? `[${host}]` : host}:${port + offset}`
  const credential = `demo-provider-${Buffer.from(options.random(24)).toString('hex')}`
  const issuer = await makeIssuer({ url: at(12), now: () => options.now() })
  // It asks for no credential, so that it can be called directly and compared; `GET /seen` shows whose credential arrived.
  const provider = makeProvider()

  const served: Served[] = []
  try {
    served.push(serveOn({ host, port: port + 10, fetch: (request) => provider.fetch(request) }))
    served.push(serveOn({ host, port: port + 12, fetch: (request) => issuer.fetch(request) }))
    const letters = clientKey()
    const bundle = await writeBundle(
      home,
      { credential, client: letters.publicKey },
      {
        gateway: at(0),
        provider: at(10),
        issuer: at(12),
        audience: DEMO_AUDIENCE,
      },
    )
    const people = await Promise.all(
      (Object.keys(PEOPLE) as Person[]).map(
        async (name) => [name, { token: await issuer.mint(name), groups: PEOPLE[name] }] as const,
      ),
    )
    await writePrivate(join(home, 'demo.json'), {
      gateway: at(0),
      control: at(1),
      provider: at(10),
      issuer: at(12),
      people: Object.fromEntries(people),
      apps: options.apps,
      clients: { letters: { client_id: 'letters', key: letters.privateKey } },
    })
    return { bundle, stop: () => stopAll(served) }
  } catch (error) {
    await stopAll(served)
    throw error
  }
}

/** Of the application `letters`: as JWKs (RFC 8037). */
function clientKey(): { readonly publicKey: object; readonly privateKey: object } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const named = { kid: 'letters', alg: 'EdDSA', use: 'sig' }
  return {
    publicKey: { ...publicKey.export({ format: 'jwk' }), ...named },
    privateKey: { ...privateKey.export({ format: 'jwk' }), ...named },
  }
}

const stopAll = async (served: readonly Served[]): Promise<void> => {
  await Promise.all(served.map((each) => each.stop()))
}

interface Keys {
  /** The provider's. */
  readonly credential: string
  /** The public key of the application `letters`, as a JWK. */
  readonly client: object
}

async function writeBundle(
  home: string,
  { credential, client }: Keys,
  at: Parameters<typeof clinicYaml>[0],
): Promise<string> {
  const demo = join(home, 'demo')
  const bundle = join(demo, 'bundle')
  await rm(bundle, { recursive: true, force: true })
  await mkdir(bundle, { recursive: true, mode: 0o700 })
  for (const folder of ['policies', 'cases']) {
    await cp(join(import.meta.dirname, 'clinic', folder), join(bundle, folder), { recursive: true })
  }
  await writeFile(join(demo, 'provider-key'), `${credential}\n`, { mode: 0o600 })
  await writeFile(join(bundle, 'letters.json'), JSON.stringify({ keys: [client] }), { mode: 0o600 })
  await writeFile(join(bundle, 'sallyport.yaml'), clinicYaml(at), { mode: 0o600 })
  return bundle
}

/** Through a file of another name: whoever waits for it never reads half of it, and its mode is right from the start. */
async function writePrivate(path: string, content: unknown): Promise<void> {
  await writeFile(`${path}.draft`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
  await rename(`${path}.draft`, path)
}
