// A follower in a thread of its own, which reads while the writer waits for it: between a write that the disk cut short and
// what the writer does about it. `turn` is 1 while it reads, 2 when it has read, 9 for the end.
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { followLog } from './follow-log.ts'

interface Begin {
  readonly directory: string
  readonly shared: SharedArrayBuffer
}

async function follow({ directory, shared }: Begin): Promise<void> {
  const turn = new Int32Array(shared)
  const follower = followLog(directory)
  const told: (readonly [index: number, exchange: string])[] = []
  const drain = async (): Promise<void> => {
    for (let entries = await follower.read(4096); entries.length > 0; entries = await follower.read(4096)) {
      for (const { index, bytes } of entries) {
        const { exchange = '' } = JSON.parse(bytes.toString()) as { exchange?: string }
        told.push([index, exchange])
      }
    }
  }
  tell?.('ready')
  for (let at = Atomics.load(turn, 0); at !== 9; at = Atomics.load(turn, 0)) {
    if (at === 1) {
      await drain().catch((error: unknown) => told.push([-1, String(error)]))
      Atomics.store(turn, 0, 2)
      Atomics.notify(turn, 0)
    }
    await sleep(1)
  }
  tell?.(told)
}

// Told as the first and as the last thing.
const tell = parentPort?.postMessage.bind(parentPort)
void follow(workerData as Begin)
