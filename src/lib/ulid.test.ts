import { expect, test } from 'bun:test'
import { ulid, ulidTime } from './ulid.ts'

const zeros = (length: number) => new Uint8Array(length)
const ones = (length: number) => new Uint8Array(length).fill(0xff)

test('time and random bits stand where the specification puts them', () => {
  expect(ulid(0, zeros)).toBe('00000000000000000000000000')
  expect(ulid(1469918176385, ones)).toBe('01ARYZ6S41ZZZZZZZZZZZZZZZZ')
  expect(ulid(281474976710655, ones)).toBe('7ZZZZZZZZZZZZZZZZZZZZZZZZZ')
  expect(ulid(0, () => Uint8Array.from([0, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf]))).toBe(
    '00000000000123456789ABCDEF',
  )
})

test('the time can be read back', () => {
  expect(ulidTime('01ARYZ6S41ZZZZZZZZZZZZZZZZ')).toBe(1469918176385)
  expect(ulidTime('7ZZZZZZZZZZZZZZZZZZZZZZZZZ')).toBe(281474976710655)
})

test('other spellings are not read', () => {
  const wrong = [
    '',
    '01aryz6s41zzzzzzzzzzzzzzzz',
    '8ZZZZZZZZZZZZZZZZZZZZZZZZZ',
    '01ARYZ6S41ZZZZZZZZZZZZZZZ',
    '01ARYZ6S41ZZZZZZZZZZZZZZZZZ',
  ]
  for (const text of [
    ...wrong,
    'O1ARYZ6S41ZZZZZZZZZZZZZZZZ',
    '01ARYZ6S41ZZZZZZZZZZZZZZZU',
    '01ARYZ6S41ZZZZZZZZZZZZZZZZ\n',
  ]) {
    expect(ulidTime(text)).toBeUndefined()
  }
})

test('times and bytes that do not fit are refused', () => {
  for (const time of [-1, 0.5, 281474976710656, Number.NaN]) expect(() => ulid(time, zeros)).toThrow(RangeError)
  expect(() => ulid(0, () => new Uint8Array(9))).toThrow(RangeError)
})
