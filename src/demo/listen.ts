// The demo world's doors: a model provider and an OIDC issuer, on loopback alone.

export interface Served {
  readonly url: string
  stop(): Promise<void>
}

export interface Serving {
  readonly host: string
  readonly port: number
  fetch(request: Request): Response | Promise<Response>
}

export function serveOn(serving: Serving): Served {
  const server = Bun.serve({
    hostname: serving.host,
    port: serving.port,
    // A slow stream is what some demonstrations are about.
    idleTimeout: 0,
    development: false,
    fetch: (request) => serving.fetch(request),
  })
  return { url: `http://${serving.host}:${server.port}`, stop: () => server.stop(true) }
}
