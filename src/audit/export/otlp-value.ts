// Values as OTLP has them, in its JSON encoding (opentelemetry-proto 1.x, protobuf JSON with OTLP's deviations: ids in hex, enums as
// numbers, 64-bit integers as decimal strings).

export type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly arrayValue: { readonly values: readonly AnyValue[] } }
  | { readonly kvlistValue: { readonly values: readonly KeyValue[] } }
  /** Nothing: JSON's null. */
  | { readonly [name in never]: never }

export interface KeyValue {
  readonly key: string
  readonly value: AnyValue
}

/** Of anything that came from JSON. */
export function anyValue(value: unknown): AnyValue {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } }
  if (typeof value !== 'object' || value === null) return {}
  return { kvlistValue: { values: keyValues({ ...value }) } }
}

/** Without the members that are undefined. */
export function keyValues(members: Readonly<Record<string, unknown>>): readonly KeyValue[] {
  return Object.entries(members).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: anyValue(value) }],
  )
}

/** Nanoseconds since the epoch; `us` microseconds are added. A double would not hold them: as text. */
export function nanoseconds(ms: number, us = 0): string {
  return String(BigInt(Math.round(ms)) * 1_000_000n + BigInt(Math.round(us)) * 1_000n)
}

export interface Origin {
  /** The release of Sallyport. */
  readonly release: string
  /** This machine's name, where it is known. */
  readonly host?: string
}

export const resourceOf = ({ release, host }: Origin): { readonly attributes: readonly KeyValue[] } => ({
  attributes: keyValues({ 'service.name': 'sallyport', 'service.version': release, 'host.name': host }),
})

export const scopeOf = ({ release }: Origin) => ({ name: 'sallyport.audit', version: release })
