// A strict JSON reader over a body's raw bytes. What it accepts, every parser reads alike; it refuses duplicate keys,
// invalid UTF-8, lone surrogates, numbers out of range, trailing bytes and excess depth (RFC 8259, RFC 7493).
// The surprise: it builds positions, not values, so that the caller's own bytes can leave with edits spliced in.
import { Buffer, isUtf8 } from 'node:buffer'
import { findDuplicate } from './json-keys.ts'
import { keyAt, type JsonArray, type JsonMember, type JsonNode, type JsonObject } from './json-node.ts'
import { printKey } from './json-path.ts'
import { sourceOf } from './json-source.ts'
import { fail, passString, readNumber, readWord, unexpected, type Reading } from './json-token.ts'
import { findInvalidUtf8 } from './json-utf8.ts'

export interface JsonLimits {
  /** How many arrays and objects may stand inside each other. */
  readonly maxDepth?: number
  /** How many values the body may hold: each takes about 60 bytes of memory or more, its text as few as two. */
  readonly maxValues?: number
}

const DEFAULT_DEPTH = 128
const DEFAULT_VALUES = 1_000_000
// The reader, and whoever walks its tree, recurses: this deep is safe on any stack.
const GREATEST_DEPTH = 512

/** Throws JsonError for a body that is not JSON, or that two parsers could read differently. */
export function readJson(bytes: Uint8Array, limits: JsonLimits = {}): JsonNode {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const maxDepth = limits.maxDepth ?? DEFAULT_DEPTH
  if (!(maxDepth <= GREATEST_DEPTH)) throw new RangeError(`maxDepth is at most ${GREATEST_DEPTH}`)
  const valuesLeft = limits.maxValues ?? DEFAULT_VALUES
  const reading: Reading = { source, whole: sourceOf(source), maxDepth, valuesLeft, steps: [], at: 0, escaped: false }
  if (source[0] === 0xef && source[1] === 0xbb && source[2] === 0xbf) {
    throw fail(reading, 'byte-order-mark', 'the body begins with a byte order mark', 0)
  }
  if (!isUtf8(source)) {
    throw fail(reading, 'invalid-utf8', 'the body is not UTF-8', findInvalidUtf8(source) ?? 0)
  }
  const node = readValue(reading)
  if (peek(reading) !== undefined) throw fail(reading, 'trailing-bytes', 'the body goes on behind its end', reading.at)
  return node
}

/** Steps over white space; answers the byte behind it, undefined at the end. */
function peek(reading: Reading): number | undefined {
  const { source } = reading
  let { at } = reading
  let byte = source[at]
  while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = source[++at]
  reading.at = at
  return byte
}

function readValue(reading: Reading): JsonNode {
  const byte = peek(reading)
  const start = reading.at
  if (reading.valuesLeft-- <= 0) throw fail(reading, 'too-many-values', 'the body holds too many values', start)
  if (byte === 0x22) {
    passString(reading)
    return { kind: 'string', start, end: reading.at, escaped: reading.escaped, source: reading.whole }
  }
  if (byte === 0x7b) return readObject(reading)
  if (byte === 0x5b) return readArray(reading)
  if (byte === 0x2d || (byte !== undefined && byte >= 0x30 && byte <= 0x39)) return readNumber(reading)
  return readWord(reading)
}

function readObject(reading: Reading): JsonObject {
  const members: JsonMember[] = []
  const start = open(reading)
  const depth = reading.steps.length - 1
  if (peek(reading) !== 0x7d) {
    for (;;) {
      members.push(readMember(reading, depth))
      const byte = peek(reading)
      if (byte === 0x7d) break
      if (byte !== 0x2c) throw unexpected(reading, 'a comma or the end of the object')
      reading.at++
    }
  }
  const end = close(reading)
  const twice = findDuplicate(members)
  if (twice) throw fail(reading, 'duplicate-key', `the key ${printKey(twice.key)} stands twice`, twice.keyStart)
  return { kind: 'object', start, end, members }
}

function readMember(reading: Reading, depth: number): JsonMember {
  if (peek(reading) !== 0x22) throw unexpected(reading, 'a key')
  const keyStart = reading.at
  passString(reading)
  const keyEnd = reading.at
  const key = keyAt(reading.source, keyStart, keyEnd, reading.escaped)
  reading.steps[depth] = key
  if (peek(reading) !== 0x3a) throw unexpected(reading, 'a colon')
  reading.at++
  return { key, keyStart, keyEnd, value: readValue(reading) }
}

function readArray(reading: Reading): JsonArray {
  const items: JsonNode[] = []
  const start = open(reading)
  const depth = reading.steps.length - 1
  if (peek(reading) !== 0x5d) {
    for (;;) {
      reading.steps[depth] = items.length
      items.push(readValue(reading))
      const byte = peek(reading)
      if (byte === 0x5d) break
      if (byte !== 0x2c) throw unexpected(reading, 'a comma or the end of the array')
      reading.at++
    }
  }
  return { kind: 'array', start, end: close(reading), items }
}

/** Steps into an array or object; answers where it begins. */
function open(reading: Reading): number {
  if (reading.steps.length >= reading.maxDepth) {
    throw fail(reading, 'too-deep', `more than ${reading.maxDepth} levels of arrays and objects`, reading.at)
  }
  reading.steps.push(0)
  return reading.at++
}

/** Steps out of it; answers the offset behind it. */
function close(reading: Reading): number {
  reading.steps.pop()
  return ++reading.at
}
