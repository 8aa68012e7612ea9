// An entry on its way out of the logs. What it holds was checked by nobody, so each field is looked at before it is used: an export
// of a damaged log, or of one that a later release wrote, is still an export.
import { parseEntry, type ReadEntry } from '#audit/read.ts'

export interface Logged {
  readonly log: string
  readonly index: number
  /** As it stands in the log, without the line's end. */
  readonly bytes: Buffer
  /** Undefined for bytes that are no entry. */
  readonly entry: ReadEntry | undefined
}

export function loggedEntry(log: string, index: number, bytes: Buffer): Logged {
  let entry: { readonly read: ReadEntry | undefined } | undefined
  return {
    log,
    index,
    bytes,
    // Only when it is asked for: an export as it stands never asks.
    get entry() {
      entry ??= { read: parseEntry(bytes, index) }
      return entry.read
    },
  }
}

export type Fields = Readonly<Record<string, unknown>>

export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
}

/** Undefined for an empty text, too. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** Its members that are objects. */
export function recordsOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.flatMap((each: unknown): readonly Fields[] => listed(fieldsOf(each))) : []
}

/** Its members that are texts. */
export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.flatMap((each: unknown): readonly string[] => listed(textOf(each))) : []
}

const listed = <T>(value: T | undefined): readonly T[] => (value === undefined ? [] : [value])

/** Without the members that are undefined. */
export function present(fields: Fields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
