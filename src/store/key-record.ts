// A virtual key as it is shown and recorded: everything but the hashes of its secrets. Times are RFC 3339, names as
// `sallyport key import` takes them.
import type { VirtualKey } from '#access/virtual-key.ts'
import { canonicalJson } from '#lib/canonical-json.ts'

export interface KeyRecord {
  readonly id: string
  readonly app?: string
  readonly person?: string
  readonly owner: string
  readonly team?: string
  readonly environment: string
  readonly use: string
  readonly models: readonly string[]
  readonly actions: readonly string[]
  readonly networks: readonly string[]
  readonly users: readonly string[]
  readonly created: string
  readonly not_before: string
  readonly expires: string
  readonly unused_for?: string
  readonly rotated?: string
  readonly revoked?: { readonly at: string; readonly why: string }
  /** The newest first; each with its end, where it was rotated out. */
  readonly secrets: readonly { readonly until?: string }[]
}

export function keyRecord(key: VirtualKey): KeyRecord {
  const { id, principal, owner, team, environment, use, models, actions, networks, users } = key
  return {
    id,
    ...(principal.type === 'App' ? { app: principal.id } : { person: principal.id }),
    owner,
    ...(team === undefined ? {} : { team }),
    environment,
    use,
    models,
    actions,
    networks,
    users,
    created: printTime(key.created),
    not_before: printTime(key.notBefore),
    expires: printTime(key.expires),
    ...(key.unusedFor === undefined ? {} : { unused_for: printDuration(key.unusedFor) }),
    ...(key.rotated === undefined ? {} : { rotated: printTime(key.rotated) }),
    ...(key.revoked === undefined ? {} : { revoked: { at: printTime(key.revoked.at), why: key.revoked.why } }),
    secrets: key.secrets.map(({ until }) => (until === undefined ? {} : { until: printTime(until) })),
  }
}

/** Escaped once more, as an entry of the trail holds it, it still fits in there whole: 32 KiB, with all that stands beside it. */
const MOST_RECORD_BYTES = 14 * 1024

/** The largest field of a key that is too large to be recorded whole; undefined where it is not. */
export function oversizedField(key: VirtualKey): string | undefined {
  const record = keyRecord(key)
  if (sizeOf(record) <= MOST_RECORD_BYTES) return undefined
  return Object.entries(record).toSorted(([, one], [, other]) => sizeOf(other) - sizeOf(one))[0]?.[0]
}

const sizeOf = (value: unknown): number => Buffer.byteLength(canonicalJson(value))

/** What differs between two states of a key: each as canonical JSON of the fields that the other has not, or has otherwise. */
export function keyDifference(
  before: VirtualKey,
  after: VirtualKey,
): { readonly before: string; readonly after: string } {
  const [old, fresh] = [keyRecord(before), keyRecord(after)]
  return { before: fieldsNotIn(fresh, old), after: fieldsNotIn(old, fresh) }
}

function fieldsNotIn(other: KeyRecord, record: KeyRecord): string {
  const others = new Map<string, unknown>(Object.entries(other))
  const differs = ([name, value]: readonly [string, unknown]): boolean =>
    !others.has(name) || canonicalJson(others.get(name)) !== canonicalJson(value)
  return canonicalJson(Object.fromEntries(Object.entries(record).filter(differs)))
}

const printTime = (milliseconds: number): string => new Date(milliseconds).toISOString().replace('.000Z', 'Z')

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const

function printDuration(milliseconds: number): string {
  const [unit, length] = UNITS.find(([, each]) => milliseconds >= each && milliseconds % each === 0) ?? ['s', 1_000]
  return `${Math.ceil(milliseconds / length)}${unit}`
}
