// The form that every entry must have: canonical JSON (RFC 8785), its own place in `index`, an `id` that nobody else has.
import type { Findings } from './report.ts'

const MOST_BYTES = 32 * 1024
/** What a bundle can hold. */
const MOST_READ_BYTES = 64 * 1024
/** The vocabulary has less than ten. */
const MOST_DEPTH = 64
/** An id carries its entry's time, so equal ids can only stand near each other; this many are remembered. */
const REMEMBERED_IDS = 100_000
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

export class EntryForm {
  readonly #findings: Findings
  readonly #ids = new Set<string>()
  readonly #log: string | undefined
  #sealed = false

  /** `log` is the log's name; without it nothing is said of what stands after its seal. */
  constructor(findings: Findings, log?: string) {
    this.#findings = findings
    this.#log = log
  }

  check(bytes: Buffer, index: number): void {
    for (const fault of faultsOf(bytes, index)) this.#findings.add('bad-entry', `entry ${index} ${fault}`, index)
    const { id, kind, what, subject } = fieldsOf(bytes) ?? {}
    if (this.#sealed) this.#findings.add('inserted', `entry ${index} stands after the seal of the log`, index)
    if (kind === 'change' && what === 'log-seal' && subject === this.#log) this.#sealed = true
    if (typeof id !== 'string') return
    if (this.#ids.has(id)) this.#findings.add('doubled', `entry ${index} has the id of an earlier entry: ${id}`, index)
    this.#ids.add(id)
    if (this.#ids.size <= REMEMBERED_IDS) return
    const [oldest] = this.#ids
    if (oldest !== undefined) this.#ids.delete(oldest)
  }
}

/** The members of an entry; undefined for what is no JSON object, and for what is too large or too deep to be looked at. */
export function fieldsOf(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  if (bytes.length > MOST_READ_BYTES || !isShallow(bytes)) return undefined
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** Whatever the nesting, looked at without any: reading and printing it would take a call within a call for each level. */
function isShallow(bytes: Buffer): boolean {
  let depth = 0
  let isText = false
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === 0x22) isText = !isText
    else if (isText && byte === 0x5c) at += 1
    else if (!isText && (byte === 0x5b || byte === 0x7b)) depth += 1
    else if (!isText && (byte === 0x5d || byte === 0x7d)) depth -= 1
    if (depth > MOST_DEPTH) return false
  }
  return true
}

function faultsOf(bytes: Buffer, index: number): readonly string[] {
  const fields = fieldsOf(bytes)
  if (!fields) return [isShallow(bytes) ? 'is no JSON object' : `is nested deeper than ${MOST_DEPTH} levels`]
  const faults: string[] = []
  const { index: claimed, id, time, kind } = fields
  if (bytes.length > MOST_BYTES) faults.push('is longer than 32 KiB')
  if (!Buffer.from(canonical(fields)).equals(bytes)) faults.push('is not canonical JSON')
  if (claimed !== index) faults.push(`says that it is entry ${String(claimed)}`)
  if (typeof kind !== 'string') faults.push('has no kind')
  const moment =
    typeof time === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(time) ? Date.parse(time) : NaN
  if (Number.isNaN(moment)) faults.push('has no time')
  if (typeof id !== 'string' || !/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id)) faults.push('has no id')
  else if (timeOfId(id) !== moment) faults.push('has an id of another time')
  return faults
}

function timeOfId(id: string): number {
  let time = 0
  for (let at = 0; at < 10; at++) time = time * 32 + CROCKFORD.indexOf(id.charAt(at))
  return time
}

/** RFC 8785: ECMAScript's own spelling of strings and numbers, keys sorted by UTF-16 code units. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`
}
