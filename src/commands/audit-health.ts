// Says in the operator's log when the audit log cannot be written any more, and when it can again: once each, however many
// requests are refused meanwhile.

export interface AuditHealth {
  /** What is so now. */
  healthy(): { readonly ok: true } | { readonly ok: false; readonly why: string }
}

const LOOK_EVERY_MS = 250

/** `log` is how the line names it. What is well again within a quarter of a second may go unsaid; `/metrics` counts it. */
export function tellAuditHealth(trail: AuditHealth, log: string, say: (line: string) => void): { close(): void } {
  let wasWell = true
  const timer = setInterval(() => {
    const health = trail.healthy()
    if (health.ok === wasWell) return
    wasWell = health.ok
    say(
      health.ok
        ? `the audit log ${log} can be written again`
        : `the audit log ${log} cannot be written, so every request is refused: ${health.why}`,
    )
  }, LOOK_EVERY_MS)
  timer.unref()
  return { close: () => clearInterval(timer) }
}
