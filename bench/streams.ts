// `npm run bench -- streams [COUNT]`: 8,000 streams open at once on one worker, each with a word every four seconds, and then
// their ends; and a provider with 1 GB to send to a caller who reads slowly. Fails where a stream starves or does not end, or
// where the worker's memory passes what it may be.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { bodyOf } from './gateway/conversation.ts'
import { type GateWorld, startGateWorld } from './gateway/gate-world.ts'
import { rssOf } from './gateway/processes.ts'
import { requestBytes } from './gateway/request-bytes.ts'
import { median } from './gateway/turns.ts'
import { type BenchResult, benchResult, type BenchRow } from './result.ts'
import { FLOOD } from './streams/flood.ts'
import { type Heard, type Listener, listenTo } from './streams/listener.ts'

const EVERY_MS = 4_000
const ROUNDS = 6
const OPENING = 64
const MOST_RSS_MB = 1_000
const SLOW_MS = 20_000

export async function bench(args: readonly string[]): Promise<BenchResult> {
  const count = Math.min(Number(args[0] ?? 8_000), most())
  const world = await startGateWorld([join(import.meta.dirname, 'streams/provider.ts'), String(EVERY_MS)])
  try {
    const headers = { authorization: `Bearer ${await world.mint('alice')}` }
    const stream = requestBytes({ headers, body: bodyOf(1_000, true, 'clinic-small') })
    const flood = requestBytes({ headers, body: bodyOf(1_000, true, 'clinic-small').replace('Please', FLOOD) })
    const slow = await readSlowly(world, flood)
    const open = await manyStreams(world, stream, count)
    return benchResult('streams', [slow.row, open.row], { ...slow.ratios, ...open.ratios })
  } finally {
    await world.stop()
  }
}

/** A worker has two descriptors a stream, and needs some for itself. */
function most(): number {
  const limit = execFileSync('sh', ['-c', 'ulimit -H -n'], { encoding: 'utf8' }).trim()
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Math.floor((Number(limit) - 1_000) / 2)
}

interface Part {
  readonly row: BenchRow
  readonly ratios: Readonly<Record<string, number>>
}

async function manyStreams({ gate, provider }: GateWorld, request: Buffer, count: number): Promise<Part> {
  const idle = rssOf(gate.pid)
  const memory = watchMemory(gate.pid)
  const began = performance.now()
  const listeners: Listener[] = []
  while (listeners.length < count) {
    const some = Array.from({ length: Math.min(OPENING, count - listeners.length) }, () => listenTo(gate.port, request))
    listeners.push(...some)
    // What is opened is open before the next are: it is not how fast they come that is measured.
    await Promise.all(some.map(({ begun }) => Promise.race([begun, sleep(60_000, undefined, { ref: false })])))
  }
  const opened = (performance.now() - began) / 1000
  await sleep(ROUNDS * EVERY_MS)
  const open = rssOf(gate.pid)
  provider.signal('SIGUSR2')
  await Promise.race([Promise.all(listeners.map(({ over }) => over)), sleep(60_000, undefined, { ref: false })])
  for (const { close } of listeners) close()
  const all = listeners.map(({ heard }) => heard)
  const found = judge(all)
  const row = {
    case: `${count} open streams`,
    target: 'sallyport',
    ...found,
    opened_s: opened,
    idle_rss_mb: idle,
    rss_mb: open,
    peak_rss_mb: memory.stop(),
  }
  const failure = all.find(({ failure: why }) => why !== undefined)?.failure
  if (found.complete < count) throw new Error(`${count - found.complete} streams did not end well; one: ${failure}`)
  if (found.starved > 0) throw new Error(`${found.starved} streams starved: ${JSON.stringify(row)}`)
  if (row.peak_rss_mb > MOST_RSS_MB) throw new Error(`the worker took too much memory: ${JSON.stringify(row)}`)
  return { row, ratios: { peak_rss_mb: row.peak_rss_mb, longest_gap_vs_median: found.longest_gap_ms / found.gap_ms } }
}

/** Starved: kept waiting for three events, or heard fewer than half of those that it was sent while all were open. */
function judge(all: readonly Heard[]) {
  const gap = median(all.flatMap(({ gaps }) => gaps))
  const longest = all.reduce((most, heard) => Math.max(most, heard.longest), 0)
  const starved = all.filter((heard) => heard.longest > 3 * EVERY_MS || heard.events < ROUNDS / 2).length
  const complete = all.filter((heard) => heard.complete).length
  return { complete, starved, gap_ms: gap, longest_gap_ms: longest }
}

async function readSlowly({ gate }: GateWorld, request: Buffer): Promise<Part> {
  const idle = rssOf(gate.pid)
  const memory = watchMemory(gate.pid)
  let read = 0
  let reading = true
  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port: gate.port,
    socket: {
      open: (opened) => void opened.write(request),
      data(heard, bytes) {
        read += bytes.length
        heard.pause()
        setTimeout(() => reading && heard.resume(), 200)
      },
    },
  })
  await sleep(SLOW_MS)
  reading = false
  socket.terminate()
  const peak = memory.stop()
  const row = {
    case: '1 GB for a slow reader',
    target: 'sallyport',
    read_mb: read / 1e6,
    idle_rss_mb: idle,
    peak_rss_mb: peak,
  }
  if (read === 0) throw new Error('the slow reader got nothing')
  if (peak - idle > 250) throw new Error(`a slow reader cost too much memory: ${JSON.stringify(row)}`)
  return { row, ratios: { slow_reader_added_rss_mb: peak - idle } }
}

/** The most that a process has taken, looked at four times a second. */
function watchMemory(pid: number): { readonly stop: () => number } {
  let peak = rssOf(pid)
  const look = (): void => void (peak = Math.max(peak, rssOf(pid)))
  const timer = setInterval(look, 250)
  return {
    stop() {
      clearInterval(timer)
      look()
      return peak
    },
  }
}
