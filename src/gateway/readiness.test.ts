import { expect, test } from 'bun:test'
import type { Gate } from './gate.ts'
import { metricsPage, readiness } from './readiness.ts'

const HASH = '48633dd1d40f'

function gate(parts: Partial<Pick<Gate, 'auditHealth' | 'storeFaults'>> = {}) {
  return { active: () => ({ bundle: { hash: HASH } }), auditHealth: () => ({ ok: true }), ...parts } as unknown as Gate
}

test('a gateway with its bundle, stores and audit log is ready', async () => {
  const response = readiness('/readyz', gate({ storeFaults: () => ({}) }))
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({ status: 'ready', bundle: HASH })
})

test('what is missing is named, each thing by itself, and it is a 503', async () => {
  const audit = () => ({ ok: false, why: 'no space left' }) as const
  const stores = () => ({ control: 'control.db cannot be read', runtime: 'runtime.db cannot be read' })
  const both = readiness('/readyz', gate({ auditHealth: audit, storeFaults: stores }))
  expect(both.status).toBe(503)
  expect(await both.json()).toEqual({
    status: 'not ready',
    bundle: HASH,
    audit: 'no space left',
    control: 'control.db cannot be read',
    runtime: 'runtime.db cannot be read',
  })
  expect(readiness('/readyz', gate({ auditHealth: audit })).status).toBe(503)
  expect(readiness('/readyz', gate({ storeFaults: stores })).status).toBe(503)
})

test('a gateway that may not serve is still alive: to start it again would help nobody', async () => {
  const gone = gate({ auditHealth: () => ({ ok: false, why: 'gone' }), storeFaults: () => ({ control: 'gone' }) })
  const response = readiness('/healthz', gone)
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({ status: 'alive' })
})

test('metrics are of the type that a scraper asks for', () => {
  expect(metricsPage('').headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
})
