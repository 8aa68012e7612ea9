// Every secret that was read in this run. A rotated one may still work for a while, so that it must not leak either.

export interface KnownSecrets {
  add(reference: string, secret: string): void
  /** The same array while none changes. */
  list(): readonly string[]
}

/** More rotations than this in one run are not remembered; what is in use always is. */
const MOST = 256

export function knownSecrets(): KnownSecrets {
  const known = new Set<string>()
  const current = new Map<string, string>()
  let list: readonly string[] = []
  return {
    list: () => list,
    add(reference, secret) {
      if (current.get(reference) === secret && known.has(secret)) return
      current.set(reference, secret)
      known.delete(secret)
      known.add(secret)
      if (known.size > MOST) {
        const inUse = new Set(current.values())
        for (const old of known) {
          if (known.size <= MOST) break
          if (!inUse.has(old)) known.delete(old)
        }
      }
      list = [...known]
    },
  }
}
