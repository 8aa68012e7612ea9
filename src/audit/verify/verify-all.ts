// Verifies every log in the audit directory. The control log records each log's key at its birth: with it a log that was
// replaced whole, key and all, and a log that is gone, are found. The control log itself has only its own word.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fieldsOf } from './entry-form.ts'
import type { Report } from './report.ts'
import { readEntries, readIfThere } from './tile-files.ts'
import { verifyLog } from './verify-log.ts'

export interface AuditReport {
  readonly ok: boolean
  /** By name. A log that is only recorded, and not there, has a report with the problem `missing-log`. */
  readonly logs: readonly Report[]
  /** Logs whose birth is not recorded in the control log: their keys were taken at their word. */
  readonly unrecorded: readonly string[]
}

export async function verifyAll(auditDirectory: string): Promise<AuditReport> {
  const there = await logsIn(auditDirectory)
  const recorded = await recordedKeys(join(auditDirectory, 'control'))
  const names = [...new Set([...there, ...recorded.keys()])].sort()
  const logs: Report[] = []
  for (const name of names) {
    const expectedKey = recorded.get(name)
    logs.push(await verifyLog(join(auditDirectory, name), expectedKey === undefined ? {} : { expectedKey }))
  }
  const unrecorded = names.filter((name) => !recorded.has(name))
  return { ok: logs.length > 0 && logs.every(({ ok }) => ok), logs, unrecorded }
}

async function logsIn(auditDirectory: string): Promise<readonly string[]> {
  const found = await readdir(auditDirectory, { withFileTypes: true }).catch(() => [])
  return found.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}

/** A log is born once: a second birth is what somebody would write who put another log in its place. */
async function recordedKeys(control: string): Promise<ReadonlyMap<string, string>> {
  const keys = new Map<string, string>()
  const size = Number((await readIfThere(join(control, 'checkpoint')))?.toString().split('\n')[1] ?? 0)
  for (let index = 0; index * 256 < size; index++) {
    const read = await readEntries(control, index, Math.min(256, size - index * 256))
    // The size is not verified yet: what is not there ends the search, not what is claimed.
    if (read === 'missing') break
    for (const entry of read.parts) {
      const { kind, what, subject, after } = fieldsOf(entry) ?? {}
      const isBirth = kind === 'change' && what === 'log-birth'
      // The subject becomes a path: only a name that a log can have.
      if (isBirth && isLogName(subject) && typeof after === 'string' && !keys.has(subject)) keys.set(subject, after)
    }
  }
  return keys
}

function isLogName(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z][a-z0-9-]{0,62}$/.test(value)
}
