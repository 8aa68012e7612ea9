// What the strict JSON reader yields: a tree of positions in the caller's own bytes.
// Strings and numbers are decoded only when asked for, each time anew: keep the answer rather than asking twice.
import type { Buffer } from 'node:buffer'
import { nameAt } from './json-name.ts'
import type { JsonSource } from './json-source.ts'

/** `start` is the offset of a value's first byte in the body, `end` the one behind its last. */
interface Span {
  readonly start: number
  readonly end: number
}

/** `keyStart` and `keyEnd` enclose the key's quotes. */
export interface JsonMember {
  readonly key: string
  readonly keyStart: number
  readonly keyEnd: number
  readonly value: JsonNode
}

export interface JsonObject extends Span {
  readonly kind: 'object'
  /** In the body's order; no key stands twice. */
  readonly members: readonly JsonMember[]
}

export interface JsonArray extends Span {
  readonly kind: 'array'
  readonly items: readonly JsonNode[]
}

/** The span of a string includes its quotes. */
export interface JsonString extends Span {
  readonly kind: 'string'
  readonly escaped: boolean
  readonly source: JsonSource
}

export interface JsonNumber extends Span {
  readonly kind: 'number'
  /** The whole body. It MUST NOT change while the node is in use. */
  readonly source: Buffer
}

export interface JsonBoolean extends Span {
  readonly kind: 'boolean'
  readonly value: boolean
}

export interface JsonNull extends Span {
  readonly kind: 'null'
}

export type JsonNode = JsonObject | JsonArray | JsonString | JsonNumber | JsonBoolean | JsonNull

/** The value of a member; undefined where the node is no object or has no such key. */
export function member(node: JsonNode | undefined, key: string): JsonNode | undefined {
  if (node?.kind !== 'object') return undefined
  for (const each of node.members) if (each.key === key) return each.value
  return undefined
}

/** The characters of a string, unescaped; of a number, its digits exactly as they stand. */
export function textOf(node: JsonString | JsonNumber): string {
  if (node.kind === 'number') return node.source.toString('latin1', node.start, node.end)
  const { source, start, end, escaped } = node
  const { bytes, ascii, characters } = source
  // A short one, which somebody may keep, would keep the whole body with it.
  const whole = ascii === true && end - start > LONG ? characters : undefined
  if (!escaped) return whole?.slice(start + 1, end - 1) ?? bytes.toString('utf8', start + 1, end - 1)
  return unescaped(whole?.slice(start, end) ?? bytes.toString('utf8', start, end))
}

const LONG = 1024

/** The key between the quotes at `start` and before `end`, which was read before. */
export const keyAt = (bytes: Buffer, start: number, end: number, escaped: boolean): string =>
  escaped ? unescaped(bytes.toString('utf8', start, end)) : nameAt(bytes, start + 1, end - 1)

// Every escape was checked when it was read, so that JSON.parse can neither fail nor differ here.
const unescaped = (literal: string): string => JSON.parse(literal) as string

/**
 * A number as JavaScript holds it; undefined where it is beyond 2^53 - 1 either way and might be rounded to another
 * whole number. Fractions are the nearest double; `-0` is 0.
 */
export function numberOf(node: JsonNumber): number | undefined {
  const value = Number(textOf(node))
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value + 0 : undefined
}
