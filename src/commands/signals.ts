// When a process is told to stop. Under npm one Ctrl-C arrives twice within milliseconds, so a second signal changes nothing.

export type Scheme = 'http' | 'https'

/** Resolves at the first SIGINT, SIGTERM or signal of `besides`, or when the supervisor that started this process is gone. */
export function stopRequested(besides: readonly NodeJS.Signals[] = []): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', ...besides] as const) process.on(signal, () => resolve())
    // A supervisor that was killed with -9 says nothing; its channel closes.
    if (process.connected) process.on('disconnect', () => resolve())
  })
}

/** Tells the supervisor, where there is one, that this process serves, and over what. */
export function reportReady(scheme: Scheme = 'http'): void {
  process.send?.(scheme)
}
