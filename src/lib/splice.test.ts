import { expect, test } from 'bun:test'
import { splice } from './splice.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const edited = (body: string, ...edits: [number, number, string][]) =>
  new TextDecoder().decode(
    splice(
      bytes(body),
      edits.map(([start, end, text]) => ({ start, end, with: bytes(text) })),
    ),
  )

test('without an edit the very same bytes come back', () => {
  const body = bytes('{"a":1}')
  expect(splice(body, [])).toBe(body)
})

test('edits may shrink, grow, insert and remove', () => {
  expect(edited('abcdef', [0, 1, 'XYZ'], [2, 4, ''], [6, 6, '!'])).toBe('XYZbef!')
  expect(edited('abc', [0, 0, '<'], [0, 3, 'x'], [3, 3, '>'])).toBe('<x>')
})

test('the bytes given are left as they were', () => {
  const body = bytes('abc')
  splice(body, [{ start: 0, end: 1, with: bytes('X') }])
  expect(body).toEqual(bytes('abc'))
})

test('edits that overlap, are out of order, or reach outside are refused', () => {
  expect(() => edited('abcdef', [0, 3, 'x'], [2, 4, 'y'])).toThrow(RangeError)
  expect(() => edited('abcdef', [4, 5, 'x'], [0, 1, 'y'])).toThrow(RangeError)
  expect(() => edited('abc', [2, 4, ''])).toThrow('the edit 2..4 does not follow 0 within 3 bytes')
  expect(() => edited('abc', [-1, 1, ''])).toThrow(RangeError)
  expect(() => edited('abc', [2, 1, ''])).toThrow(RangeError)
  expect(() => edited('abc', [Number.NaN, 1, ''])).toThrow(RangeError)
})

test('of bytes that are a part of more, only that part is there', () => {
  const part = bytes('xxabcyy').subarray(2, 5)
  expect(splice(part, [{ start: 1, end: 2, with: bytes('-') }])).toEqual(bytes('a-c'))
  expect(splice(part, [{ start: 3, end: 3, with: bytes('!') }])).toEqual(bytes('abc!'))
})
