// The responses that a provider keeps: in memory, the oldest going first.
import type { Item } from './response-request.ts'
import type { Made, Status } from './response-snapshot.ts'

export interface StoredResponse {
  readonly made: Made
  /** All that the model read, with ids: earlier turns and this one. */
  readonly input: readonly Item[]
  /** What was answered last: a queued response has ended when it is asked for. */
  readonly status: Status
}

export interface ResponseStore {
  get(id: string): StoredResponse | undefined
  put(stored: StoredResponse): void
  delete(id: string): void
}

const MOST_RESPONSES = 1_000

export function makeResponseStore(): ResponseStore {
  const held = new Map<string, StoredResponse>()
  return {
    get: (id) => held.get(id),
    put(stored) {
      held.set(stored.made.id, stored)
      const [oldest] = held.keys()
      if (held.size > MOST_RESPONSES && oldest !== undefined) held.delete(oldest)
    },
    delete: (id) => void held.delete(id),
  }
}
