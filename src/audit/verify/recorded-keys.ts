// What the control log says of the other logs: each one's key, as it was at its birth.
import type { RecordedChange } from './recorded-changes.ts'

/**
 * Adds what one generation of the control log says. A log is born once: a second birth is what somebody would write who put another log
 * in its place. MUST be called with the generations in their order: each names the next one's key in its seal.
 */
export function addRecordedKeys(keys: Map<string, string>, changes: readonly RecordedChange[]): void {
  for (const { log, what, subject, fields } of changes) {
    const { after } = fields
    if (typeof after !== 'string') continue
    // No log vouches for itself, nor does one generation for another but by its seal.
    if (what === 'log-birth' && !isControl(subject) && !keys.has(subject)) keys.set(subject, after)
    const [next = '', key] = what === 'log-seal' && subject === log ? after.split(' ') : []
    if (key !== undefined && next !== log && isControl(next) && !keys.has(next)) keys.set(next, key)
  }
}

const isControl = (log: string): boolean => /^control(-\d{1,6})?$/.test(log)
