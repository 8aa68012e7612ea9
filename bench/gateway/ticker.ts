// Wakes whoever started it, once for each moment at which something is due. A thread of its own that sleeps to the microsecond:
// timers of the event loop come up to a millisecond late, and a loop that spins instead takes a core from what is measured.
import { parentPort, workerData } from 'node:worker_threads'

const { count, every } = workerData as { readonly count: number; readonly every: number }
// Not a window: there is no origin to name.
const tell = parentPort?.postMessage.bind(parentPort)
const cell = new Int32Array(new SharedArrayBuffer(4))
const began = performance.timeOrigin + performance.now()
for (let at = 0; at < count; at += 1) {
  const due = began + at * every
  const wait = due - (performance.timeOrigin + performance.now())
  if (wait > 0) Atomics.wait(cell, 0, 0, wait)
  tell?.(due)
}
