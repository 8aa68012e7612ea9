// What is remembered of a decision until its outcome stands: the two are one request, and only together a line or a figure.
// Kept small, as there is one for each open stream.
import type { Check } from '#access/finding.ts'
import type { DecisionEntry } from '#access/trail.ts'

export interface Begun {
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly principal: { readonly type: string; readonly id: string; readonly key: string | undefined }
  readonly action: string
  readonly resource: { readonly type: string; readonly id: string }
  readonly decision: DecisionEntry['decision']
  readonly reason: string | undefined
  readonly source: string | undefined
  readonly bundle: string
  readonly trace: string | undefined
  readonly findings: number
  /** Its checks: an outcome lists them again, as the same objects. */
  readonly checks: readonly Check[]
}

export interface OpenExchanges {
  readonly size: number
  begin(entry: DecisionEntry, time: number): void
  /** Once: then it is forgotten. */
  end(exchange: string): Begun | undefined
}

/** With more than `most`, the oldest is forgotten. */
export function openExchanges(most: number): OpenExchanges {
  const open = new Map<string, Begun>()
  return {
    get size() {
      return open.size
    },
    begin(entry, time) {
      open.set(entry.exchange, begunOf(entry, time))
      if (open.size <= most) return
      for (const oldest of open.keys()) {
        open.delete(oldest)
        return
      }
    },
    end(exchange) {
      const begun = open.get(exchange)
      if (begun) open.delete(exchange)
      return begun
    },
  }
}

function begunOf(entry: DecisionEntry, time: number): Begun {
  const { principal, action, resource, decision, reason, source, bundle, trace, findings, checks } = entry
  const { type, id, key } = principal
  return {
    time,
    principal: { type, id, key },
    action,
    resource,
    decision,
    reason,
    source,
    bundle,
    trace: trace?.id,
    findings: findings.length,
    checks,
  }
}
