// Looks at a worker once a second: memory, descriptors, and how long its event loop lets an asker wait.
import { descriptorsOf, rssOf } from '../gateway/processes.ts'
import type { Sample } from './samples.ts'

export interface Watched {
  readonly rss_mb: Sample[]
  readonly descriptors: Sample[]
  /** Of the longest of ten askings of `/healthz` a second, in milliseconds: of the loop, and of a machine that is shared. */
  readonly healthz_ms: Sample[]
  /** The 99th percentile that the worker says of itself, in milliseconds; empty where it says none. */
  readonly loop_delay_ms: Sample[]
}

export interface Watching {
  readonly stop: () => Promise<Watched>
  /** Requests of its own that the gateway refused, and recorded. */
  readonly refused: () => number
}

const ASKINGS = 10

/** Until told; resolves when it has stopped looking. `skip` seconds of warming up are left out. */
export function watch(pid: number, port: number, skip: number): Watching {
  const watched: Watched = { rss_mb: [], descriptors: [], healthz_ms: [], loop_delay_ms: [] }
  const began = performance.now()
  const over = new AbortController()
  let refused = 0
  const looking = (async () => {
    while (!over.signal.aborted) {
      let longest = 0
      for (let asking = 0; asking < ASKINGS; asking += 1) {
        const asked = performance.now()
        await (await fetch(`http://127.0.0.1:${port}/healthz`)).arrayBuffer()
        longest = Math.max(longest, performance.now() - asked)
        await Bun.sleep(1000 / ASKINGS)
      }
      const at = (performance.now() - began) / 1000
      if (at < skip) continue
      watched.rss_mb.push({ at, value: rssOf(pid) })
      watched.healthz_ms.push({ at, value: longest })
      const descriptors = descriptorsOf(pid)
      if (descriptors !== undefined) watched.descriptors.push({ at, value: descriptors })
      // A gateway that has no metrics is asked once.
      const delay = refused === 0 ? await loopDelay(port) : undefined
      if (delay === 'refused') refused += 1
      else if (delay !== undefined) watched.loop_delay_ms.push({ at, value: delay })
    }
  })()
  return {
    async stop() {
      over.abort()
      await looking
      return watched
    },
    refused: () => refused,
  }
}

async function loopDelay(port: number): Promise<number | 'refused' | undefined> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`)
  const text = await answer.text()
  if (answer.status !== 200) return 'refused'
  const seconds = /^sallyport_event_loop_delay_seconds\{[^}]*quantile="0\.99"[^}]*\} ([0-9.e+-]+)$/m.exec(text)?.[1]
  return seconds !== undefined ? Number(seconds) * 1000 : undefined
}
