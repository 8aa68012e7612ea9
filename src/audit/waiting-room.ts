// Where those who append on behalf of nobody in particular wait, while signing has fallen behind.
import { unavailable } from './unavailable.ts'

/** Entries that wait to be integrated. With more, appends are refused: what is signed must not fall far behind. */
export const MOST_WAITING = 65_536
export const MOST_WAITING_BYTES = 64 * 1024 * 1024
/** With more, those who can wait are asked to. */
export const MOST_UNHURRIED = MOST_WAITING / 4

/** Who may wait at a time. */
const MOST_STRANGERS = 10_000

export interface WaitingRoom {
  /** Resolves when there is room. Rejects with a Refusal `audit_unavailable` where too many wait. */
  wait(): Promise<void>
  /** All at once, where there is room now: however many they are, what they write fits into what may wait. */
  tell(): void
}

/** `makeRoom` is asked for while somebody waits. */
export function makeWaitingRoom(isFull: () => boolean, makeRoom: () => Promise<void>): WaitingRoom {
  const strangers: (() => void)[] = []
  return {
    async wait() {
      while (isFull()) {
        if (strangers.length >= MOST_STRANGERS) throw unavailable('too many wait for those before them to be signed')
        const { promise, resolve } = Promise.withResolvers<void>()
        strangers.push(resolve)
        void makeRoom().catch(() => undefined)
        await promise
      }
    },
    tell() {
      if (!isFull()) for (const resolve of strangers.splice(0)) resolve()
    },
  }
}
