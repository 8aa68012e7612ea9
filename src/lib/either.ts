// One signal for two that live no longer than what they end.

/**
 * Aborts with whichever aborts first, for its reason. `AbortSignal.any` would do the same, but this runtime keeps what listens to
 * one until it aborts, and a request's signal mostly never does: every request would be kept for good. Nothing ends the
 * listening: a signal that outlives what is made here, such as a process's own, MUST NOT be given.
 */
export function eitherOf(one: AbortSignal, other: AbortSignal): AbortSignal {
  const first = new AbortController()
  for (const signal of [one, other]) {
    const end = (): void => first.abort(signal.reason)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
  }
  return first.signal
}
