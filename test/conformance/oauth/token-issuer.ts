// An issuer of tokens for tests: people's, and those by which a platform says who a workload is. It logs in nobody.
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose'

export interface TokenIssuer {
  readonly url: string
  /** Good for five minutes, unless the claims say otherwise. */
  mint(claims: JWTPayload): Promise<string>
  stop(): Promise<void>
}

export async function tokenIssuer(): Promise<TokenIssuer> {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', use: 'sig', alg: 'ES256' }] }
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch(request) {
      const { pathname, origin } = new URL(request.url)
      if (pathname === '/jwks') return Response.json(keys)
      if (pathname !== '/.well-known/openid-configuration') return new Response(null, { status: 404 })
      return Response.json({ issuer: origin, jwks_uri: `${origin}/jwks` })
    },
  })
  const url = `http://127.0.0.1:${server.port}`
  return {
    url,
    mint(claims) {
      const now = Math.floor(Date.now() / 1000)
      return new SignJWT({ iss: url, iat: now, exp: now + 300, ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'one', typ: 'JWT' })
        .sign(privateKey)
    },
    stop: () => server.stop(true),
  }
}
