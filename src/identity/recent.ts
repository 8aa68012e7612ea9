// A bounded memory of what happened within the last hour: two halves, of which the older is dropped whole. A Map that is
// trimmed entry by entry costs ten times as much (the engine walks over all that were deleted).

export interface Recent {
  add(key: string, now: number): void
  has(key: string, now: number): boolean
  delete(key: string): void
}

/** Remembers at least the last `most / 2` keys and at most `most`, each for `forUs`. */
export function makeRecent({ most, forUs }: { readonly most: number; readonly forUs: number }): Recent {
  let young = new Map<string, number>()
  let old = new Map<string, number>()
  return {
    add(key, now) {
      young.set(key, now)
      if (young.size < most / 2) return
      old = young
      young = new Map()
    },
    has: (key, now) => now - (young.get(key) ?? old.get(key) ?? -Infinity) < forUs,
    delete(key) {
      young.delete(key)
      old.delete(key)
    },
  }
}
