// Four workers on one port: whichever is asked answers for all of them, one that is killed is replaced and takes nobody else's
// figures with it, and each request is one line.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Page, readPage } from '#telemetry/exposition.fixture.ts'
import { ask, type Demo, readDemo } from './clinic.ts'
import { type Program, type Sandbox, sandbox, until } from './sandbox.ts'

/** Five processes that start at once, on a machine that does other things as well. */
const START_MS = 90_000

let place: Sandbox
let world: Sandbox
let program: Program
let quiet: Program
let demo: Demo

// The demo keeps its gateway quiet: what is looked at here is another one, by the same bundle and in its own place.
beforeAll(async () => {
  world = await sandbox()
  quiet = world.start(['demo'])
  await quiet.says(/^Sallyport is ready/m)
  place = await sandbox()
  program = place.start(['gateway', '--bundle', join(world.home, 'demo', 'bundle')], { SALLYPORT_WORKERS: '4' })
  demo = { ...(await readDemo(world.home)), gateway: `http://127.0.0.1:${place.port}` }
  await all4(START_MS)
}, START_MS)
afterAll(() => Promise.all([place.remove(), world.remove()]))

async function all4(patience: number): Promise<void> {
  const deadline = Date.now() + patience
  for (;;) {
    const page = await scrape().catch(() => undefined)
    if (page && workersOf(page).length === 4) return
    if (Date.now() > deadline) throw new Error(`four workers were not there in time:\n${program.output()}`)
    await Bun.sleep(100)
  }
}

async function scrape(port = place.port): Promise<Page> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, {
    keepalive: false,
    headers: { connection: 'close' },
  })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  return readPage(await response.text())
}
const requestsOf = (page: Page): number => page.sum('sallyport_requests_total')
const workersOf = (page: Page): readonly string[] =>
  page.samples.flatMap(({ name, labels }) => (name === 'sallyport_info' ? [labels['worker'] ?? ''] : [])).sort()

const lines = (): readonly Record<string, unknown>[] =>
  program
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{"time"'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)

const exchanges = new Set<string>()

async function askMany(count: number): Promise<void> {
  for (let turn = 0; turn < count / 10; turn++) {
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(demo, 'alice', 'clinic-large', CANARY)))
    for (const { status, exchange } of answers) {
      expect(status).toBe(200)
      exchanges.add(exchange)
    }
  }
}
const CANARY = 'canary 0123456789 in a prompt'

test('whichever worker is asked counts the requests of all, and no total ever goes back', async () => {
  const asking = { over: false }
  const asked = askMany(60).finally(() => {
    asking.over = true
  })
  let last = new Map<string, number>()
  while (!asking.over) {
    const page = await scrape()
    const counts = new Map(workersOf(page).map((worker) => [worker, page.sum('sallyport_requests_total', { worker })]))
    for (const [worker, count] of last) expect(counts.get(worker) ?? 0).toBeGreaterThanOrEqual(count)
    last = counts
  }
  await asked
  await until('all requests are counted', async () => requestsOf(await scrape()) === 60)
  for (let turn = 0; turn < 12; turn++) {
    const page = await scrape()
    expect(requestsOf(page)).toBe(60)
    expect(workersOf(page)).toEqual(['gateway-0', 'gateway-1', 'gateway-2', 'gateway-3'])
  }
  const page = await scrape()
  expect(page.sum('sallyport_decisions_total', { effect: 'allow', action: 'infer' })).toBe(60)
  expect(page.sum('sallyport_verdicts_total', { inspector: 'credentials', direction: 'request', action: 'pass' })).toBe(
    60,
  )
  expect(page.sum('sallyport_step_seconds_count', { step: 'policy' })).toBe(60)
  expect(page.sum('sallyport_audit_writable')).toBe(4)
}, 40_000)

test('a worker that is killed is replaced: its own figures begin anew, and those of the others stay', async () => {
  const before = await scrape()
  const victim = [...(await program.members())].find(([, command]) => command.includes('--worker 2'))
  if (!victim) throw new Error('there is no worker 2')
  process.kill(victim[0], 'SIGKILL')
  await program.says(/^sallyport: gateway-2 ended \(SIGKILL\); starting it again$/m)
  const started = (page: Page) => page.value('process_start_time_seconds', { worker: 'gateway-2' }) ?? 0
  await until('it is back', async () => started(await scrape()) > started(before))
  await askMany(20)
  const others = ['gateway-0', 'gateway-1', 'gateway-3']
  const sumOf = (page: Page, workers: readonly string[]): number =>
    workers.reduce((sum, worker) => sum + page.sum('sallyport_requests_total', { worker, status: '200' }), 0)
  const kept = sumOf(before, others)
  await until('what came since is counted, too', async () => {
    const page = await scrape()
    expect(sumOf(page, others)).toBeGreaterThanOrEqual(kept)
    return sumOf(page, [...others, 'gateway-2']) === kept + 20
  })
}, 40_000)

test('each request is one line, of whichever worker, and no line holds what was asked', async () => {
  await until('every line is there', () => Promise.resolve(lines().length >= exchanges.size))
  expect(
    lines()
      .map(({ exchange }) => exchange)
      .sort(),
  ).toEqual([...exchanges].sort())
  expect(lines()[0]).toMatchObject({
    level: 'info',
    action: 'infer',
    model: 'clinic-large',
    decision: 'allow',
    status: 200,
    ended: 'complete',
    target: 'harbor/harbor-large',
  })
  expect(program.output()).not.toContain('canary')
  expect(program.output()).not.toContain(demo.people.alice.token)
}, 20_000)

test('no label holds a person, a key, an address or a text', async () => {
  const page = await (await fetch(`${demo.gateway}/metrics`)).text()
  for (const left of ['alice', 'clinicians', 'canary', '127.0.0.1', demo.people.alice.token.slice(0, 20)]) {
    expect(page).not.toContain(left)
  }
})

test('the control plane has figures of its own log', async () => {
  const page = await scrape(world.port + 1)
  expect(workersOf(page)).toEqual(['control'])
  expect(page.value('sallyport_audit_writable', { worker: 'control' })).toBe(1)
  expect(page.value('sallyport_entries_total', { kind: 'change' })).toBeGreaterThan(0)
})

test('the demo keeps its output for people', async () => {
  const own = await readDemo(world.home)
  expect((await ask(own, 'alice', 'clinic-large')).status).toBe(200)
  const counted = await scrape(world.port)
  expect(requestsOf(counted)).toBeGreaterThan(0)
  expect(quiet.output()).not.toContain('{"time"')
})

test('after a stop no figures are left behind', async () => {
  program.signalGroup('SIGINT')
  expect(await program.ended).toBe(0)
  expect(existsSync(join(place.home, 'metrics', 'gateway-0.json'))).toBe(false)
}, 20_000)
