// What `sallyport start` needs around it, in the test's own process, so that no kill reaches it: an issuer, a provider that
// notes every request that it sees, and a bundle that names both.
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeIssuer, type DemoIssuer } from '#demo/issuer.ts'
import { makeProvider } from '#demo/provider.ts'
import { CLINIC, PROVIDER_SECRET } from '../rig.ts'

export interface OwnWorld {
  /** The bundle's directory. */
  readonly bundle: string
  readonly issuer: DemoIssuer
  /** Bodies as the provider saw them, in order. */
  readonly seen: readonly string[]
  stop(): Promise<void>
}

/** `files` as a rig takes them. */
export async function ownWorld(directory: string, files: Readonly<Record<string, string>> = CLINIC): Promise<OwnWorld> {
  const seen: string[] = []
  const demo = makeProvider({ credential: PROVIDER_SECRET })
  const provider = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    async fetch(request) {
      seen.push(await request.clone().text())
      return demo.fetch(request)
    },
  })
  const issuers: DemoIssuer[] = []
  const issuerServer = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request) => issuers[0]?.fetch(request) ?? new Response(null, { status: 503 }),
  })
  const issuer = await makeIssuer({ url: `http://127.0.0.1:${issuerServer.port}`, now: () => Date.now() })
  issuers.push(issuer)
  const bundle = join(directory, 'bundle')
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(bundle, path)), { recursive: true })
    const filled = text
      .replaceAll('${provider}', `http://127.0.0.1:${provider.port}`)
      .replaceAll('${issuer}', issuer.url)
    await writeFile(join(bundle, path), filled, { mode: 0o600 })
  }
  return {
    bundle,
    issuer,
    seen,
    async stop() {
      await provider.stop(true)
      await issuerServer.stop(true)
    },
  }
}
