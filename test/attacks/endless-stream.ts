// Reads 96 MiB of a stream that never ends, through a gate of its own, and prints by how many MiB the process grew meanwhile: gate,
// provider and caller together. A process of its own, so that nothing that ran before counts.
import { startWickedRig } from './wicked-rig.ts'

const MEBIBYTE = 1024 * 1024
const memory = (): number => process.memoryUsage.rss() / MEBIBYTE

const world = await startWickedRig()
Bun.gc(true)
const before = memory()
let most = before
const watching = setInterval(() => (most = Math.max(most, memory())), 20)
const leaving = new AbortController()
const response = await world.ask('huge', true, { signal: leaving.signal })
const reader = response.body!.getReader()
for (let read = 0; read < 96 * MEBIBYTE;) read += (await reader.read()).value?.length ?? Number.POSITIVE_INFINITY
clearInterval(watching)
console.log(Math.max(most, memory()) - before)
leaving.abort()
await world.stop()
