// Provider ids in memory, for tests that need no file. The contract suite runs on it as on the real one.
import type { MadeBy, ProviderIds } from '#access/provider-ids.ts'
import { Refusal } from '#access/refusal.ts'

export function memoryProviderIds(): ProviderIds {
  const kept = new Map<string, MadeBy>()
  const key = (provider: string, id: string): string => JSON.stringify([provider, id])
  return {
    claim(provider, ids, by) {
      if (![provider, ...ids].every((text) => text.isWellFormed()))
        throw new Refusal('not_ready', { message: 'no valid text' })
      for (const id of ids) if (!kept.has(key(provider, id))) kept.set(key(provider, id), by)
    },
    find: (provider, id) => kept.get(key(provider, id)),
    forget(provider, id) {
      kept.delete(key(provider, id))
    },
  }
}
