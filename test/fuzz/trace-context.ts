// `traceparent` headers, right and wrong, beside the standard's own words read another way: what is taken is what it says, and what
// is handed on can be read again.
import { strictEqual } from 'node:assert'
import * as fc from 'fast-check'
import { printTraceparent, readTrace } from '#telemetry/trace-context.ts'
import type { FuzzTarget } from './parts/target.ts'

const RUNS = 150
const DIGITS = '0123456789abcdef'.split('')

const hex = (length: number) => fc.string({ unit: fc.constantFrom(...DIGITS), minLength: length, maxLength: length })
const nearly = (length: number) =>
  fc.oneof(
    { weight: 8, arbitrary: hex(length) },
    { weight: 1, arbitrary: fc.constant('0'.repeat(length)) },
    { weight: 1, arbitrary: hex(length).map((digits) => digits.toUpperCase()) },
    { weight: 1, arbitrary: hex(length + 1) },
    { weight: 1, arbitrary: fc.string({ maxLength: length }) },
  )
const header = fc
  .tuple(
    fc.oneof(fc.constant('00'), nearly(2), fc.constant('ff')),
    nearly(32),
    nearly(16),
    nearly(2),
    fc.constantFrom('', '', '', '-', '-more', 'x', ', ', '\n'),
  )
  .map(([version, trace, parent, flags, rest]) => `${version}-${trace}-${parent}-${flags}${rest}`)

export const target: FuzzTarget = {
  name: 'trace-context',
  run(seed) {
    fc.assert(fc.property(fc.oneof(header, fc.string()), fc.uint8Array({ minLength: 8, maxLength: 8 }), judge), {
      seed,
      numRuns: RUNS,
    })
    return RUNS
  },
}

const isHex = (text: string | undefined, length: number): text is string =>
  text?.length === length && text.split('').every((digit) => DIGITS.includes(digit))

/** W3C Trace Context, sections 3.2.2.1 to 3.2.2.5, field by field. */
function mayBeRead(text: string): boolean {
  const [version, trace, parent, flags, ...rest] = text.split('-')
  if (!isHex(version, 2) || !isHex(trace, 32) || !isHex(parent, 16) || !isHex(flags, 2)) return false
  if (version === 'ff' || (version === '00' && rest.length > 0)) return false
  return /[1-9a-f]/.test(trace) && /[1-9a-f]/.test(parent)
}

function judge(text: string, bytes: Uint8Array): void {
  const read = readTrace(text, () => bytes)
  // A header holds no line ends; there both answers are safe.
  if (!text.includes('\n')) strictEqual(read !== undefined, mayBeRead(text) && text.length <= 512)
  if (!read) return
  const [, trace, parent, flags = ''] = text.split('-')
  strictEqual(read.id, trace)
  strictEqual(read.parent, parent)
  strictEqual(read.sampled, Number.parseInt(flags, 16) % 2 === 1)
  const again = readTrace(printTraceparent(read), () => bytes)
  strictEqual(again?.id, trace)
  strictEqual(again?.parent, read.span)
  strictEqual(again?.sampled, read.sampled)
}
