import type { Gate } from './gate.ts'

type Asked = Pick<Gate, 'active' | 'auditHealth' | 'storeFaults'>

/** `/healthz`: the process is alive. `/readyz`: it may serve. Says what is missing, in words that hold no secret. */
export function readiness(path: '/healthz' | '/readyz', gate: Asked): Response {
  if (path === '/healthz') return Response.json({ status: 'alive' })
  const bundle = gate.active().bundle.hash
  const audit = gate.auditHealth()
  const faults = { ...(audit.ok ? {} : { audit: audit.why }), ...gate.storeFaults?.() }
  if (Object.keys(faults).length === 0) return Response.json({ status: 'ready', bundle })
  return Response.json({ status: 'not ready', bundle, ...faults }, { status: 503 })
}

/** `/metrics`, without proof: it holds no secret, no person and no content, but shows how much traffic there is. */
export const metricsPage = (page: string): Response =>
  new Response(page, { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } })
