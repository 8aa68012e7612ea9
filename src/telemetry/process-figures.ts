// What the process itself needs, under the names that Prometheus' own clients use. The delay of the event loop is the longest within
// the last half minute or so: a mean would hide the one stall that everybody felt.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type Family, gauge, type Labels } from './family.ts'

export interface ProcessFigures {
  families(own: Labels): readonly Family[]
  close(): void
}

const EVERY_MS = 15_000
const RESOLUTION_MS = 20

export function processFigures(): ProcessFigures {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  let before = { p99: 0, max: 0 }
  const current = (): typeof before =>
    delay.max > 0 ? { p99: delay.percentile(99), max: delay.max } : { p99: 0, max: 0 }
  const timer = setInterval(() => {
    before = current()
    delay.reset()
  }, EVERY_MS)
  timer.unref()
  const started = Date.now() / 1000 - process.uptime()

  return {
    families(own) {
      const { rss, heapUsed } = process.memoryUsage()
      const { user, system } = process.cpuUsage()
      const now = current()
      const seconds = (ns: number): number => Math.round(ns / 1_000) / 1_000_000
      return [
        gauge({ name: 'process_resident_memory_bytes', help: 'Memory that is resident.' }, own, [[{}, rss]]),
        gauge({ name: 'process_heap_bytes', help: 'Of it, JavaScript objects in use.' }, own, [[{}, heapUsed]]),
        gauge({ name: 'process_cpu_seconds_total', help: 'Processor time, user and system.', type: 'counter' }, own, [
          [{}, (user + system) / 1_000_000],
        ]),
        gauge({ name: 'process_start_time_seconds', help: 'When it started, since the epoch.' }, own, [
          [{}, Math.round(started * 1000) / 1000],
        ]),
        gauge(
          { name: 'sallyport_event_loop_delay_seconds', help: 'How late the event loop was, of the last 15 to 30 s.' },
          own,
          [
            [{ quantile: '0.99' }, seconds(Math.min(Math.max(before.p99, now.p99), Math.max(before.max, now.max)))],
            [{ quantile: '1' }, seconds(Math.max(before.max, now.max))],
          ],
        ),
      ]
    },
    close() {
      clearInterval(timer)
      delay.disable()
    },
  }
}
