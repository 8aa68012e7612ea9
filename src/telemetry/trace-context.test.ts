import { describe, expect, test } from 'bun:test'
import { printTraceparent, readTrace } from './trace-context.ts'

const ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'
const random = (bytes: number) => new Uint8Array(bytes).fill(0xab)
const read = (header: string | null) => readTrace(header, random)

test('a traceparent is read, and this exchange is a span of its own below it', () => {
  expect(read(`00-${ID}-${PARENT}-01`)).toEqual({ id: ID, parent: PARENT, span: 'abababababababab', sampled: true })
  expect(read(`00-${ID}-${PARENT}-00`)?.sampled).toBe(false)
  expect(read(`00-${ID}-${PARENT}-fe`)?.sampled).toBe(false)
})

test('what is passed on is our own span, in version 00, with no flag but the sampled one', () => {
  expect(printTraceparent({ id: ID, parent: PARENT, span: 'abababababababab', sampled: true })).toBe(
    `00-${ID}-abababababababab-01`,
  )
  const later = read(`cc-${ID}-${PARENT}-ff-what-the-future-says`)
  expect(later && printTraceparent(later)).toBe(`00-${ID}-abababababababab-01`)
})

test('a span is never all zeros, which would mean none', () => {
  expect(readTrace(`00-${ID}-${PARENT}-01`, (bytes) => new Uint8Array(bytes))?.span).toBe('0000000000000001')
})

describe('what does not follow the form is as if it had not been sent:', () => {
  test.each([
    ['nothing', null],
    ['empty', ''],
    ['no version', `${ID}-${PARENT}-01`],
    ['version ff', `ff-${ID}-${PARENT}-01`],
    ['more behind version 00', `00-${ID}-${PARENT}-01-more`],
    ['a later version with more, but no dash', `cc-${ID}-${PARENT}-01more`],
    ['no trace', `00-${'0'.repeat(32)}-${PARENT}-01`],
    ['no parent', `00-${ID}-${'0'.repeat(16)}-01`],
    ['upper case', `00-${ID.toUpperCase()}-${PARENT}-01`],
    ['too short an id', `00-${ID.slice(1)}-${PARENT}-01`],
    ['no hexadecimal', `00-${ID.slice(0, -1)}g-${PARENT}-01`],
    ['odd flags', `00-${ID}-${PARENT}-0x`],
    ['sent twice', `00-${ID}-${PARENT}-01, 00-${ID}-${PARENT}-01`],
    ['a line break', `00-${ID}-${PARENT}-01\n`],
    ['a header within', `cc-${ID}-${PARENT}-01-\r\nauthorization: x`],
    ['blanks around', ` 00-${ID}-${PARENT}-01`],
    ['digits of another script', `00-${'٤'.repeat(32)}-${PARENT}-01`],
    ['endless', `cc-${ID}-${PARENT}-01-${'a'.repeat(100_000)}`],
  ])('%s', (_name, header) => {
    expect(read(header)).toBeUndefined()
  })
})
