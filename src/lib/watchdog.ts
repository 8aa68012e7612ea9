// A timeout that is cheap to postpone: touching it writes a number, and the one timer re-arms itself when it wakes early.

export interface Watchdog {
  /** Something happened: count from now. Inside `expired`, it keeps the watchdog alive. */
  touch(): void
  stop(): void
}

/** Calls `expired` after `ms` without a touch; once, unless that call touches it. */
export function watchdog(ms: number, expired: () => void): Watchdog {
  let last = performance.now()
  let stopped = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const wake = (): void => {
    const before = last
    if (performance.now() - last >= ms) expired()
    else return arm(ms - (performance.now() - last))
    if (last !== before && !stopped) arm(ms)
  }
  const arm = (delay: number): void => {
    timer = setTimeout(wake, delay)
  }
  arm(ms)
  return {
    touch() {
      last = performance.now()
    },
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
