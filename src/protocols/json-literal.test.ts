import { expect, test } from 'bun:test'
import { afterNumber, afterString, wordsOf } from './json-literal.ts'

test('a string ends behind its quote, wherever escapes stand', () => {
  expect(afterString('{"a":"b\\"c\\\\","d":1}', 5)).toBe(13)
  expect(afterString('""', 0)).toBe(2)
})

test('what is no string, does not end, or holds a control character has no end', () => {
  for (const text of ['', 'a', '1', '"', '"a', '"a\\"', '"a\n"', "'a'"]) expect(afterString(text, 0)).toBe(-1)
})

test('a whole number ends behind its digits', () => {
  expect(afterNumber('0', 0)).toBe(1)
  expect(afterNumber('x123456789012345,', 1)).toBe(16)
})

test('what is no whole number as JSON has them has no end', () => {
  for (const text of ['', '-1', '01', '00', 'a', '.5', '1234567890123456']) expect(afterNumber(text, 0)).toBe(-1)
})

test('the words of a string are what its escapes stand for', () => {
  expect(wordsOf('"a b"', 0, 5)).toBe('a b')
  expect(wordsOf('"\\n\\u00e9\\ud83d\\ude00"', 0, 22)).toBe('\né😀')
})

test('half a character, and an escape that is none, are no words', () => {
  expect(wordsOf('"\\ud83d"', 0, 8)).toBe(undefined)
  expect(wordsOf('"\\x41"', 0, 6)).toBe(undefined)
})
