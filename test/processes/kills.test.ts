// kill -9 of any process of the product, at any moment, again and again under load: nothing is lost, nothing is doubled.
import { afterAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { type ReadEntry, readEntries } from '#audit/read.ts'
import { ALL_KINDS, startLoad } from './load.ts'
import { type OwnWorld, ownWorld } from './own-world.ts'
import { type Program, type Sandbox, sandbox, until } from './sandbox.ts'

const KILLS = Number(process.env['SALLYPORT_TEST_KILLS'] ?? 50)
const SEED = Number(process.env['SALLYPORT_TEST_SEED'] ?? 20260102)
const WORKERS = 4
/** Spent on waiting until all of it is up, in all. */
const WAITING_MS = 1_000 * KILLS
/** The supervisor, the one of the workers, the workers, the control plane. */
const PROCESSES = 3 + WORKERS

let place: Sandbox | undefined
let world: OwnWorld | undefined
afterAll(async () => {
  await place?.remove()
  await world?.stop()
})

/** The same numbers again from the same seed. */
function chanceOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return (state >>> 0) / 2 ** 32
  }
}

const isServed = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/readyz`, { keepalive: false }).then(
    ({ status }) => status === 200,
    () => false,
  )

/** Until every process runs and requests are served, or for a while. */
async function complete(program: Program, ms: number): Promise<boolean> {
  const deadline = Date.now() + ms
  const over = new AbortController()
  void program.ended.then(() => over.abort())
  while (Date.now() < deadline && !over.signal.aborted) {
    if (/^Sallyport is ready/m.test(program.output()) && (await program.members()).size >= PROCESSES) return true
    await Bun.sleep(50)
  }
  return false
}

/** Kills until it has killed often enough; starts again what nobody else does. Resolves to the program that runs then. */
async function killAround(start: () => Program, chance: () => number): Promise<{ program: Program; killed: string[] }> {
  const killed: string[] = []
  // On a machine that has much else to do, the rest of the kills comes at whatever moment it is.
  const patient = Date.now() + WAITING_MS
  let program = start()
  while (killed.length < KILLS) {
    // Mostly when all of it is up; at times while it is still starting, or recovering from the last kill.
    if (chance() < 0.7) await complete(program, Math.min(12_000, patient - Date.now()))
    await Bun.sleep(chance() * 400)
    const members = [...(await program.members())].sort(([first], [second]) => first - second)
    // Of those that take all others with them, fewer: the others are to be hit while their siblings go on.
    const first = chance() < 0.6 && members.length > 2 ? 2 : 0
    const [pid, command = ''] = members[first + Math.floor(chance() * (members.length - first))] ?? []
    if (pid !== undefined) {
      process.kill(pid, 'SIGKILL')
      killed.push(/main\.ts (.*?)(?: --bundle.*)?$/.exec(command)?.[1] ?? command)
    }
    // The supervisor, or one that gave up since what it supervises was killed too often.
    const ended = await Promise.race([program.ended.then(() => true), Bun.sleep(20).then(() => false)])
    if (ended || pid === program.pid) {
      await program.ended
      program = start()
    }
  }
  return { program, killed }
}

/** What the logs of all workers hold, each log on its own. */
async function recorded(home: string): Promise<readonly ReadEntry[]> {
  const logs = Array.from({ length: WORKERS }, (_, worker) => join(home, 'audit', `gateway-${worker}`))
  return (await Promise.all(logs.map((log) => Array.fromAsync(readEntries(log))))).flat()
}

test(
  'after fifty kills -9 of any process under load, all that the provider saw is recorded once, and every record is closed',
  async () => {
    const chance = chanceOf(SEED)
    const here = await sandbox()
    place = here
    const around = await ownWorld(here.cwd)
    world = around
    const start = (): Program =>
      here.start(['start', '--bundle', around.bundle, '--log', 'off'], { SALLYPORT_WORKERS: String(WORKERS) })
    const url = `http://127.0.0.1:${here.port}`
    const load = await startLoad({ url, issuer: around.issuer, callers: 12, chance: chanceOf(SEED + 1) })

    const after = await killAround(start, chance)
    const { killed } = after
    let { program } = after
    const deadline = Date.now() + 60_000
    for (;;) {
      const isUp = (await program.members()).size >= PROCESSES && (await isServed(here.port))
      if (isUp) break
      const ended = await Promise.race([program.ended.then(() => true), Bun.sleep(50).then(() => false)])
      if (ended) program = start()
      if (Date.now() > deadline) throw new Error(`it does not serve any more:\n${program.output()}`)
    }
    await program.says(/^Sallyport is ready/m)
    await load.stop()
    program.signalGroup('SIGTERM')
    expect(await program.ended).toBe(0)
    await until('all are gone', async () => (await program.members()).size === 0)
    // Whoever was killed last may have been told to stop before it had its log again: the next start finds what it left.
    const next = start()
    await next.says(/^Sallyport is ready/m)
    next.signalGroup('SIGTERM')
    expect(await next.ended).toBe(0)

    const verified = await here.run(['audit', 'verify', '--all'])
    expect(verified.out).not.toContain('✗')
    expect(verified.out).not.toContain('waiting')
    expect(verified.code).toBe(0)

    const entries = await recorded(here.home)
    const decisions = entries.filter(({ kind }) => kind === 'decision')
    const outcomes = entries.filter(({ kind }) => kind === 'outcome')
    const exchanges = decisions.map((entry) => String(entry['exchange']))
    expect(new Set(exchanges).size).toBe(exchanges.length)
    expect(outcomes.map((entry) => String(entry['exchange'])).sort()).toEqual(exchanges.sort())
    expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length)

    const bySent = Map.groupBy(decisions, (entry) => String(entry['request']))
    const sentOf = new Map(load.got.map(({ mark, sent }) => [mark, sent]))
    const marks = new Set(around.seen.map((body) => /mark-\d+-/.exec(body)?.[0] ?? ''))
    const unrecorded = [...marks].filter((mark) => bySent.get(sentOf.get(mark) ?? '')?.length !== 1)
    expect(unrecorded).toEqual([])

    const decisionOf = new Map(decisions.map((entry) => [entry['exchange'], entry]))
    const outcomeOf = new Map(outcomes.map((entry) => [entry['exchange'], entry]))
    const answered = load.got.filter(({ exchange }) => exchange !== undefined)
    expect(answered.filter(({ exchange }) => !decisionOf.has(exchange))).toEqual([])
    // What a caller had whole was closed as it was, before they had it.
    const wrong = answered.filter(({ exchange, status, whole }) => {
      const outcome = outcomeOf.get(exchange)
      const isTrue = outcome?.['status'] === status && outcome?.['ended'] === (status === 200 ? 'complete' : 'refused')
      return whole && !isTrue
    })
    expect(wrong).toEqual([])

    for (const kind of ALL_KINDS)
      expect(load.got.filter((each) => each.kind === kind && each.whole).length).toBeGreaterThan(5)
    expect(outcomes.filter((entry) => entry['ended'] === 'unknown').length).toBeGreaterThan(0)
    expect(killed).toHaveLength(KILLS)
    expect(new Set(killed).size).toBeGreaterThan(4)
  },
  60_000 + 5_000 * KILLS,
)
