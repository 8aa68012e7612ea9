// `npm run bench -- soak [SECONDS] [--seed N]`: mixed traffic (plain, streams, aborts, refusals, denials, broken bodies) and a
// reload every ten seconds, for five minutes unless told. Memory, descriptors and event-loop delay must stay as they are, every
// answer be what it has to be, and the log hold every exchange once.
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { LEAK } from './gateway/conversation.ts'
import { type GateWorld, startGateWorld } from './gateway/gate-world.ts'
import { type BenchResult, benchResult, type BenchRow } from './result.ts'
import { checkExchanges } from './soak/exchanges.ts'
import { type Course, courseOf, type Sample } from './soak/samples.ts'
import { type Ended, send } from './soak/sender.ts'
import { type Act, actsOf, chosen } from './soak/traffic.ts'
import { watch, type Watched } from './soak/watch.ts'

const CALLERS = 16
/** Requests a second in all: well below what a worker can do, or waiting would hide what grows. */
const RATE = 200
const RELOAD_MS = 10_000

/** Nothing can be said of what grows in less. */
const LEAST_SECONDS = 60

/** How much more, in its unit, is noise. */
const SLACK: Readonly<Record<keyof Watched, number>> = {
  rss_mb: 24,
  descriptors: 24,
  healthz_ms: 25,
  loop_delay_ms: 15,
}

export async function bench(args: readonly string[]): Promise<BenchResult> {
  const options = { seed: { type: 'string', default: '1' } } as const
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options })
  const seconds = Number(positionals[0] ?? 300)
  if (!(seconds > 0)) throw new Error('usage: npm run bench -- soak [SECONDS] [--seed N]')
  const world = await startGateWorld([join(import.meta.dirname, 'gateway/provider.ts')])
  try {
    const acts = actsOf({ alice: await world.mint('alice'), bob: await world.mint('bob') })
    const log: Log = { sent: 0, unheard: 0, answered: new Set() }
    const watching = watch(world.gate.pid, world.gate.port, seconds / 6)
    const until = performance.now() + seconds * 1000
    const random = randomOf(Number(values.seed))
    const callers = Array.from({ length: CALLERS }, () => callUntil(until, { world, acts, random, log }))
    const reloads = await reloadUntil(until, world)
    await Promise.all(callers)
    const watched = await watching.stop()
    await world.gate.stop()
    const kept = await checkExchanges(join(world.state, 'audit'), { ...log, sent: log.sent + watching.refused() })
    return resultOf(watched, { seconds, reloads, requests: log.sent, ...kept })
  } finally {
    await world.stop()
  }
}

interface Log {
  sent: number
  unheard: number
  readonly answered: Set<string>
}

interface Calling {
  readonly world: GateWorld
  readonly acts: readonly Act[]
  readonly random: () => number
  readonly log: Log
}

async function callUntil(until: number, { world, acts, random, log }: Calling): Promise<void> {
  for (let next = performance.now(); next < until;) {
    const act = chosen(acts, random())
    const ended = await send(world.gate.port, act.request, act.leaving)
    log.sent += 1
    if (ended.exchange === undefined) log.unheard += 1
    else log.answered.add(ended.exchange)
    assertAsItMustBe(act, ended)
    next += (CALLERS / RATE) * 1000
    await sleep(Math.max(0, next - performance.now()))
    next = Math.max(next, performance.now())
  }
}

function assertAsItMustBe(act: Act, { status, whole, text }: Ended): void {
  if (act.leaving !== 'stays') return
  const said = `${act.name}: ${status} ${text.slice(0, 600)}`
  if (status !== act.status || !whole) throw new Error(`not what it must be: ${said}`)
  if (act.secret !== undefined && (text.includes(act.secret) || text.includes(LEAK))) {
    throw new Error(`a credential came through: ${said}`)
  }
}

/** Each time with a policy more, which nobody is asked about: what is compiled for one bundle must go with it. */
async function reloadUntil(until: number, { gate, bundle }: GateWorld): Promise<number> {
  let reloads = 0
  while (performance.now() + RELOAD_MS < until) {
    await sleep(RELOAD_MS)
    const policy = `@id("later-${reloads}") permit (principal == User::"nobody", action, resource);\n`
    await appendFile(join(bundle, 'policies', 'later.cedar'), policy)
    gate.signal('SIGHUP')
    reloads += 1
  }
  await sleep(Math.max(0, until - performance.now()))
  return reloads
}

/** Mulberry32: the same traffic for the same seed, as far as callers take turns alike. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const verdictOf = (isLong: boolean, flat: boolean): string => {
  if (!isLong) return 'too short to tell'
  return flat ? 'flat' : 'grows'
}

function resultOf(watched: Watched, figures: Readonly<Record<string, number>>): BenchResult {
  const isLong = (figures['seconds'] ?? 0) >= LEAST_SECONDS
  const courses = (Object.entries(watched) as [keyof Watched, readonly Sample[]][])
    .filter(([, samples]) => samples.length >= 3)
    .map(([name, samples]): readonly [string, Course] => [name, courseOf(samples, SLACK[name])])
  const rows = courses.map(([name, { flat, ...course }]): BenchRow => {
    return { case: name, target: 'sallyport', ...course, verdict: verdictOf(isLong, flat) }
  })
  const growing = courses.filter(([, { flat }]) => isLong && !flat)
  const result = benchResult('soak', rows, { ...figures, growing: growing.length })
  if (growing.length === 0) return result
  throw new Error(`it does not stay as it was: ${JSON.stringify(rows)}`)
}
