// Virtual keys, their last uses and sign-ins in memory, for tests that need no file. The contract suites run on these as
// on the real ones.
import { Refusal } from '#access/refusal.ts'
import {
  type KeyUse,
  type KeyUses,
  MOST_AHEAD_MS,
  type SignIn,
  type SignIns,
  type VirtualKey,
  type VirtualKeys,
} from '#access/virtual-key.ts'

export interface MemoryVirtualKeys extends VirtualKeys {
  /** Adds a key, or changes the one with its id: in force in the very next answer. */
  put(key: VirtualKey): void
  /** From now on the store cannot be read, or can again. */
  breaks(broken: boolean): void
}

export function memoryVirtualKeys(keys: readonly VirtualKey[] = []): MemoryVirtualKeys {
  const kept = new Map(keys.map((key) => [key.id, key]))
  let unreadable = false
  const read = (): ReadonlyMap<string, VirtualKey> => {
    if (unreadable)
      throw new Refusal('not_ready', { message: 'The control store (which keeps the keys) cannot be read.' })
    return kept
  }
  return {
    find: (id) => read().get(id),
    hasPersonal: (person) =>
      [...read().values()].some(
        ({ principal, revoked }) => principal.type === 'User' && principal.id === person && revoked === undefined,
      ),
    put: (key) => void kept.set(key.id, key),
    breaks(broken) {
      unreadable = broken
    },
  }
}

const MINUTE = 60_000

export function memoryKeyUses(): KeyUses {
  const kept = new Map<string, KeyUse>()
  return {
    last: (id) => kept.get(id),
    note(id, use) {
      const last = kept.get(id)?.at ?? -Infinity
      if (use.at - last >= MINUTE || last > use.at + MOST_AHEAD_MS) kept.set(id, use)
    },
  }
}

export function memorySignIns(): SignIns {
  const kept = new Map<string, SignIn>()
  return {
    last: (person) => kept.get(person),
    note(person, signIn, now) {
      const last = kept.get(person)
      if (last && last.at > signIn.at && last.at <= now + MOST_AHEAD_MS) return
      kept.set(person, signIn)
    },
  }
}
