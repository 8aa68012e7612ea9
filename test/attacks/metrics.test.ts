// `/metrics` needs no proof. So it must tell nothing but how much and how well: no person, no text, no secret; and it goes on
// telling when nothing else is served.
import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Fault, faultyFiles } from '#audit/test-log.ts'
import { type Page, readPage } from '#telemetry/exposition.fixture.ts'
import { PROVIDER_SECRET, type Rig, says, startRig } from '../rig.ts'
import { HELLO } from './hello.ts'
import { until } from './record.ts'

const full: Fault = (operation) =>
  ['write', 'writeSynced', 'create'].includes(operation) ? new Error('ENOSPC: no space left on device') : undefined
const well: Fault = () => undefined

let fault: Fault = well
let rig: Rig
beforeAll(async () => {
  rig = await startRig({ auditFiles: faultyFiles((operation, path) => fault(operation, path)) })
})
afterEach(() => {
  fault = well
})
afterAll(() => rig.stop())

const text = async (): Promise<string> => (await fetch(`${rig.url}/metrics`)).text()
const scrape = async (): Promise<Page> => readPage(await text())

test('each request is in the figures by the time its caller has the answer', async () => {
  const before = await scrape()
  const of = (page: Page, effect: string) => page.sum('sallyport_decisions_total', { effect, action: 'infer' })
  expect((await rig.ask('alice', HELLO)).status).toBe(200)
  expect((await rig.ask('bob', { ...HELLO, model: 'clinic-large' })).status).toBe(403)
  const after = await scrape()
  expect(of(after, 'allow') - of(before, 'allow')).toBe(1)
  expect(of(after, 'deny') - of(before, 'deny')).toBe(1)
  expect(after.value('sallyport_requests_total', { status: '403', ended: 'refused', reason: 'not_permitted' })).toBe(1)
  for (const step of ['identify', 'understand', 'credentials', 'policy']) {
    expect(after.value('sallyport_step_seconds_count', { step })).toBeGreaterThan(0)
  }
})

test('whatever callers send, no label holds it', async () => {
  const canary = 'canary0123456789'
  const secret = ['AKIA', 'Z7VQ4XK2', 'M5RJT3NW'].join('')
  await rig.ask('alice', { model: canary, messages: says(canary) })
  await rig.ask('alice', { model: 'clinic-small', messages: says(`${canary} ${secret}`), [canary]: 1 })
  await rig.ask('alice', { model: 'clinic-small', messages: says(`my key is ${secret}`) })
  await rig.callWith(`sp_${canary}`, `/v1/${canary}`, { [canary]: canary })
  await rig.callWith(canary, `/${canary}?${canary}`, undefined, { headers: { 'x-request-id': canary } })
  const page = await text()
  readPage(page)
  for (const left of ['canary', secret, 'alice', 'clinicians', PROVIDER_SECRET, '127.0.0.1', rig.home]) {
    expect(page).not.toContain(left)
  }
  expect(readPage(page).value('sallyport_verdicts_total', { direction: 'request', action: 'redact' })).toBe(2)
})

test('what strangers make up adds no series', async () => {
  const odd = async (from: number): Promise<void> => {
    for (let at = from; at < from + 40; at++) {
      await rig.callWith(`nobody-${at}`, `/v1/odd-${at}`, { model: `model-${at}` })
      await rig.callWith(await rig.issuer.mint('alice'), '/v1/chat/completions', { ...HELLO, model: `model-${at}` })
    }
  }
  await odd(0)
  const before = (await scrape()).samples.length
  await odd(100)
  expect((await scrape()).samples.length).toBe(before)
})

test('while the trail cannot be written, the alarm stands where a scraper sees it, and goes by itself', async () => {
  expect((await scrape()).value('sallyport_audit_writable')).toBe(1)
  fault = full
  expect((await rig.ask('alice', HELLO)).status).toBe(503)
  const during = await scrape()
  expect(during.value('sallyport_audit_writable')).toBe(0)
  expect(during.value('sallyport_audit_failures_total', { step: 'write' })).toBeGreaterThan(0)
  fault = well
  await until('it can be written', async () => (await scrape()).value('sallyport_audit_writable') === 1)
})

test('only a GET of that very path is answered', async () => {
  for (const path of ['/metrics/', '/metrics%2f', '/Metrics', '/metrics.json']) {
    expect((await fetch(`${rig.url}${path}`)).status).toBe(404)
  }
  expect((await fetch(`${rig.url}/metrics`, { method: 'POST', body: 'x' })).status).toBe(404)
})

test('`/readyz` names the store that cannot be read, and no path; `/healthz` is of the process alone', async () => {
  const ready = async () => {
    const response = await fetch(`${rig.url}/readyz`)
    return { status: response.status, said: await response.text() }
  }
  await until('it is ready', async () => (await ready()).status === 200)
  await rm(join(rig.home, 'control.db'))
  await until('it is noticed', async () => (await ready()).status === 503)
  const { said } = await ready()
  expect(JSON.parse(said)).toMatchObject({ status: 'not ready', control: 'control.db cannot be read' })
  expect(said).not.toContain(rig.home)
  expect((await fetch(`${rig.url}/healthz`)).status).toBe(200)
})
