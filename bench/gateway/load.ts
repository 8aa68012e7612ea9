// Load from one process: in a closed loop, as fast as answers come; in an open one, as fast as was asked, come what may.
import { Worker } from 'node:worker_threads'
import { Caller, type Load } from './caller.ts'

export interface Figures {
  readonly requests: number
  readonly rps: number
  readonly p50_us: number
  readonly p99_us: number
}

/** As fast as `connections` callers get answers, for so many milliseconds. */
export async function closedLoop(load: Load, connections: number, ms: number): Promise<Figures> {
  const callers = Array.from({ length: connections }, () => new Caller(load))
  const times: number[] = []
  const began = performance.now()
  const until = began + ms
  try {
    await Promise.all(
      callers.map(async (caller) => {
        for (let asked = performance.now(); asked < until; asked = performance.now()) {
          await caller.ask()
          times.push(performance.now() - asked)
        }
      }),
    )
  } finally {
    for (const caller of callers) caller.end()
  }
  return figuresOf(times, performance.now() - began)
}

/**
 * At `rps`, whether or not answers come. A time counts from when its request was due, not from when it could be sent: what
 * waits behind a stall is late, and no stall is left out because nobody was asking.
 */
export async function openLoop(load: Load, rps: number, ms: number): Promise<Figures> {
  const count = Math.round((rps * ms) / 1000)
  const all = Array.from({ length: 64 }, () => new Caller(load))
  const idle = [...all]
  const times: number[] = []
  const running: Promise<void>[] = []
  const faults: unknown[] = []
  const began = performance.now()
  const askAt = async (due: number): Promise<void> => {
    const caller = idle.pop() ?? new Caller(load)
    if (all.length < count && !all.includes(caller)) all.push(caller)
    await caller.ask()
    times.push(performance.now() - due)
    idle.push(caller)
  }
  try {
    await everyTick(count, 1000 / rps, (due) =>
      running.push(askAt(due).catch((fault: unknown) => void faults.push(fault))),
    )
    await Promise.all(running)
    if (faults.length > 0) throw faults[0]
  } finally {
    for (const caller of all) caller.end()
  }
  return figuresOf(times, performance.now() - began)
}

/** Calls `tick` with each moment that is due, on the clock of `performance.now()`. */
function everyTick(count: number, every: number, tick: (due: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const ticker = new Worker(new URL('ticker.ts', import.meta.url), { workerData: { count, every } })
    let seen = 0
    ticker.on('message', (due: number) => {
      tick(due - performance.timeOrigin)
      seen += 1
      if (seen < count) return
      void ticker.terminate()
      resolve()
    })
    ticker.on('error', reject)
  })
}

function figuresOf(times: readonly number[], took: number): Figures {
  const sorted = times.toSorted((one, other) => one - other)
  const at = (share: number): number => (sorted[Math.floor(sorted.length * share)] ?? 0) * 1000
  return { requests: times.length, rps: (times.length / took) * 1000, p50_us: at(0.5), p99_us: at(0.99) }
}
