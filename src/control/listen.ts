// The control plane's own door. So far it answers health and keeps its own log; a data-plane credential opens nothing here.
import { ulid } from '#lib/ulid.ts'

export interface Control {
  readonly port: number
  stop(): Promise<void>
}

export interface ControlOptions {
  readonly host: string
  readonly port: number
  now(): number
  readonly random: (bytes: number) => Uint8Array
  /** What `/metrics` answers, in Prometheus' text format. */
  metrics(): string
  auditHealth(): { readonly ok: true } | { readonly ok: false; readonly why: string }
}

export function listenControl(options: ControlOptions): Control {
  const server = Bun.serve({
    hostname: options.host,
    port: options.port,
    development: false,
    fetch(request) {
      const id = ulid(options.now(), options.random)
      const response = answer(request, id, options)
      response.headers.set('x-sallyport-exchange', id)
      response.headers.set('x-content-type-options', 'nosniff')
      return response
    },
    error: () => new Response(null, { status: 500 }),
  })
  return {
    port: server.port ?? options.port,
    stop: () => server.stop(true),
  }
}

function answer(request: Request, id: string, options: ControlOptions): Response {
  if (/^https?:\/\/[^/]*\/healthz$/.test(request.url)) {
    const audit = options.auditHealth()
    return audit.ok
      ? Response.json({ status: 'alive' })
      : Response.json({ status: 'not ready', audit: audit.why }, { status: 503 })
  }
  if (request.method === 'GET' && /^https?:\/\/[^/]*\/metrics$/.test(request.url)) {
    return new Response(options.metrics(), { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } })
  }
  return Response.json(
    {
      type: 'urn:sallyport:problem:not_found',
      status: 404,
      title: 'Not found',
      detail: 'Nothing is served here. The control plane answers GET /healthz and GET /metrics.',
      instance: `urn:sallyport:exchange:${id}`,
    },
    { status: 404, headers: { 'content-type': 'application/problem+json' } },
  )
}
