// What a log says of other logs: the `change` entries of all of its generations. Nothing is verified here; what cannot be read ends the
// search, and is a problem of that log's own report.
import { join } from 'node:path'
import { fieldsOf } from './entry-form.ts'
import { MOST, readRegularFile, UnreadableFile } from './regular-file.ts'
import { readEntries } from './tile-files.ts'

export interface RecordedChange {
  /** The log that says so. */
  readonly log: string
  readonly what: string
  /** A name that a log can have: it becomes a path. */
  readonly subject: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** The names among `logs` that are generations of this family, the first one first. */
export function generationsIn(logs: readonly string[], family: string): readonly string[] {
  const numbered = logs.flatMap((log) => {
    const rest = log.startsWith(family) ? log.slice(family.length) : undefined
    if (rest === '') return { log, number: 1 }
    const [, number] = /^-([2-9]|[1-9]\d{1,5})$/.exec(rest ?? '') ?? []
    return number === undefined ? [] : { log, number: Number(number) }
  })
  return numbered.sort((left, right) => left.number - right.number).map(({ log }) => log)
}

export async function* recordedChanges(
  auditDirectory: string,
  logs: readonly string[],
): AsyncGenerator<RecordedChange> {
  for (const log of logs) {
    try {
      yield* changesOf(join(auditDirectory, log), log)
    } catch (error) {
      if (!(error instanceof UnreadableFile || (error instanceof Error && 'code' in error))) throw error
    }
  }
}

async function* changesOf(directory: string, log: string): AsyncGenerator<RecordedChange> {
  const size = Number((await readRegularFile(join(directory, 'checkpoint'), MOST.note))?.toString().split('\n')[1] ?? 0)
  for (let index = 0; index * 256 < size; index++) {
    const read = await readEntries(directory, index, Math.min(256, size - index * 256))
    // The size is not verified yet: what is not there ends the search, not what is claimed.
    if (read === 'missing') return
    for (const entry of read.parts) {
      const fields = fieldsOf(entry) ?? {}
      const { kind, what, subject } = fields
      if (kind === 'change' && typeof what === 'string' && isLogName(subject)) yield { log, what, subject, fields }
    }
  }
}

const isLogName = (value: unknown): value is string => typeof value === 'string' && /^[a-z][a-z0-9-]{0,62}$/.test(value)
