import type { Gate } from './gate.ts'

/** `/healthz`: the process is alive. `/readyz`: it may serve. Says what is missing, in words that hold no secret. */
export function readiness(path: '/healthz' | '/readyz', gate: Gate): Response {
  if (path === '/healthz') return Response.json({ status: 'alive' })
  const audit = gate.auditHealth()
  const bundle = gate.active().bundle.hash
  return audit.ok
    ? Response.json({ status: 'ready', bundle })
    : Response.json({ status: 'not ready', bundle, audit: audit.why }, { status: 503 })
}
