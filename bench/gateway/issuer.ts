// Who vouches for the callers of a benchmark, in this process: the gateway asks once.
import { type DemoIssuer, makeIssuer } from '#demo/issuer.ts'

export type ServedIssuer = Pick<DemoIssuer, 'url' | 'mint'> & {
  /** Its public keys, as they are published. */
  readonly jwks: string
  stop(): Promise<void>
}

export async function serveIssuer(): Promise<ServedIssuer> {
  let answer: (request: Request) => Response = () => new Response(null, { status: 503 })
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: (request) => answer(request) })
  const url = `http://127.0.0.1:${server.port}`
  const issuer = await makeIssuer({ url, now: () => Date.now() })
  answer = (request) => issuer.fetch(request)
  const jwks = await issuer.fetch(new Request(`${url}/jwks`)).text()
  return { url, mint: (person, options) => issuer.mint(person, options), jwks, stop: () => server.stop(true) }
}
