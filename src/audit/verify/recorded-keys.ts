// What the control log says of the other logs: each one's key, as it was at its birth.
import { recordedChanges } from './recorded-changes.ts'

/**
 * A log is born once: a second birth is what somebody would write who put another log in its place. `controls` are the generations of
 * the control log, the first one first: each names the next one's key in its seal.
 */
export async function recordedKeys(
  auditDirectory: string,
  controls: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const keys = new Map<string, string>()
  for await (const { log, what, subject, fields } of recordedChanges(auditDirectory, controls)) {
    const { after } = fields
    if (typeof after !== 'string') continue
    const [next, key] = after.split(' ')
    // No log vouches for itself, and the control log begins with its own birth.
    if (what === 'log-birth' && !controls.includes(subject) && !keys.has(subject)) keys.set(subject, after)
    const follows = what === 'log-seal' && subject === log && next !== undefined && next !== log
    if (follows && key !== undefined && /^control-\d{1,6}$/.test(next) && !keys.has(next)) keys.set(next, key)
  }
  return keys
}
