// What was noted within this minute, so that what happens at every request is written once a minute and worker.

const MINUTE = 60_000
/** Keys, or persons. With more, what was noted longest ago is noted again. */
const MOST = 10_000

export interface Minutes {
  /** Whether the same was noted less than a minute before `at`, in milliseconds, also where the clock stepped back since. */
  has(name: string, what: string, at: number): boolean
  add(name: string, what: string, at: number): void
}

export function makeMinutes(): Minutes {
  const noted = new Map<string, { readonly what: string; readonly at: number }>()
  return {
    has(name, what, at) {
      const last = noted.get(name)
      return last !== undefined && last.what === what && Math.abs(at - last.at) < MINUTE
    },
    add(name, what, at) {
      noted.delete(name)
      noted.set(name, { what, at })
      const [oldest] = noted.keys()
      if (noted.size > MOST && oldest !== undefined) noted.delete(oldest)
    },
  }
}
