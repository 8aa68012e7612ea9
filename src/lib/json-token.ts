// The tokens of the strict reader: strings, numbers and words, byte by byte. RFC 8259 sections 6 and 7, less what
// parsers read differently: lone surrogates, and numbers that a double can only hold as infinity or as zero.
import type { Buffer } from 'node:buffer'
import { JsonError, type JsonReason } from './json-error.ts'
import type { JsonNode, JsonNumber } from './json-node.ts'
import type { Step } from './json-path.ts'
import { charactersOf, type JsonSource } from './json-source.ts'

/** A body on its way through the reader. */
export interface Reading {
  readonly source: Buffer
  /** The same, for strings. */
  readonly whole: JsonSource
  readonly maxDepth: number
  /** The way to the value being read. */
  readonly steps: Step[]
  /** The next byte to read. */
  at: number
  valuesLeft: number
  /** Whether the string that was read last holds an escape. */
  escaped: boolean
}

export function fail(reading: Reading, reason: JsonReason, what: string, offset: number): JsonError {
  return new JsonError({ reason, what, offset, steps: reading.steps }, reading.source)
}

/** Of a byte that cannot stand where it stands. */
export function unexpected(reading: Reading, expected: string): JsonError {
  const { source, at } = reading
  if (at >= source.length) return fail(reading, 'unexpected-end', `the body ends where ${expected} should be`, at)
  return fail(reading, 'unexpected-byte', `expected ${expected}`, at)
}

// 1 for the bytes that end the plain run of a string: the quote, the backslash, control characters.
const STOPS = Uint8Array.from({ length: 256 }, (_, byte) => (byte < 0x20 || byte === 0x22 || byte === 0x5c ? 1 : 0))

/** Steps over the string that opens at `reading.at`. */
export function passString(reading: Reading): void {
  const { source } = reading
  const end = source.length
  let at = reading.at + 1
  reading.escaped = false
  for (;;) {
    at = passPlain(reading, at)
    if (at >= end) throw fail(reading, 'unexpected-end', 'a string does not end', end)
    const byte = source[at]
    if (byte === 0x22) break
    if (byte !== 0x5c) throw fail(reading, 'control-character', 'a control character in a string is not escaped', at)
    reading.escaped = true
    at = passEscape(reading, at)
  }
  reading.at = at + 1
}

// Runs up to here, and bodies, are not worth making characters of.
const SHORT_RUN = 256
const SHORT_BODY = 4096
// oxlint-disable-next-line no-control-regex -- the same as STOPS
const STOP = /[\0-\x1f"\\]/g

/** The next byte from `from` on that ends the plain run of a string, or the body's end. */
function passPlain({ source, whole }: Reading, from: number): number {
  const end = source.length
  if (end < SHORT_BODY) return passPlainBytes(source, from, end)
  const near = Math.min(end, from + SHORT_RUN)
  const at = passPlainBytes(source, from, near)
  if (at < near) return at
  const characters = charactersOf(whole)
  if (characters === undefined) return passPlainBytes(source, at, end)
  STOP.lastIndex = at
  return STOP.test(characters) ? STOP.lastIndex - 1 : end
}

function passPlainBytes(source: Buffer, from: number, to: number): number {
  let at = from
  while (at < to && STOPS[source[at] as number] === 0) at++
  return at
}

// The quote, backslash, slash, b, f, n, r, t.
const SINGLE_ESCAPES = new Set([0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74])

/** The offset behind the escape, or pair of escapes, whose backslash is at `at`. */
function passEscape(reading: Reading, at: number): number {
  const kind = reading.source[at + 1]
  if (kind !== undefined && SINGLE_ESCAPES.has(kind)) return at + 2
  const unit = kind === 0x75 ? unitAt(reading.source, at) : undefined
  if (unit === undefined) throw fail(reading, 'bad-escape', 'an escape is not one of JSON', at)
  if (unit < 0xd800 || unit > 0xdfff) return at + 6
  const low = unit < 0xdc00 ? unitAt(reading.source, at + 6) : undefined
  if (low === undefined || low < 0xdc00 || low > 0xdfff) {
    throw fail(reading, 'lone-surrogate', 'an escape is half of a surrogate pair', at)
  }
  return at + 12
}

/** The code unit of the `\uXXXX` at `at`; undefined where none stands there. */
function unitAt(source: Buffer, at: number): number | undefined {
  if (source[at] !== 0x5c || source[at + 1] !== 0x75) return undefined
  let unit = 0
  for (let digit = at + 2; digit < at + 6; digit++) {
    const value = hexValue(source[digit] ?? 0)
    if (value < 0) return undefined
    unit = unit * 16 + value
  }
  return unit
}

function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1
}

// Up to here, digits without an exponent are neither infinite nor nearer to zero than a double can tell.
const SURELY_IN_RANGE = 300

export function readNumber(reading: Reading): JsonNumber {
  const { source, at: start } = reading
  let at = source[start] === 0x2d ? start + 1 : start
  at = source[at] === 0x30 ? at + 1 : passDigits(reading, at)
  if (source[at] === 0x2e) at = passDigits(reading, at + 1)
  const exponent = source[at] === 0x65 || source[at] === 0x45
  if (exponent) {
    const sign = source[at + 1]
    at = passDigits(reading, sign === 0x2b || sign === 0x2d ? at + 2 : at + 1)
  }
  if (exponent || at - start > SURELY_IN_RANGE) checkRange(reading, start, at)
  reading.at = at
  return { kind: 'number', start, end: at, source }
}

/** Steps over one digit or more. */
function passDigits(reading: Reading, from: number): number {
  const { source } = reading
  let at = from
  while (isDigit(source[at])) at++
  if (at === from) throw fail(reading, 'bad-number', 'a number lacks a digit', from)
  return at
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

function checkRange(reading: Reading, start: number, end: number): void {
  const text = reading.source.toString('latin1', start, end)
  const value = Number(text)
  const vanished = value === 0 && /^-?[0.]*[1-9]/.test(text)
  if (vanished || !Number.isFinite(value)) {
    throw fail(reading, 'number-range', 'a number is beyond what a double can hold', start)
  }
}

/** Reads `true`, `false` or `null`. */
export function readWord(reading: Reading): JsonNode {
  const { at: start } = reading
  if (passWord(reading, 'true')) return { kind: 'boolean', start, end: reading.at, value: true }
  if (passWord(reading, 'false')) return { kind: 'boolean', start, end: reading.at, value: false }
  if (passWord(reading, 'null')) return { kind: 'null', start, end: reading.at }
  throw unexpected(reading, 'a value')
}

function passWord(reading: Reading, word: string): boolean {
  for (let index = 0; index < word.length; index++) {
    if (reading.source[reading.at + index] !== word.charCodeAt(index)) return false
  }
  reading.at += word.length
  return true
}
