import { expect, test } from 'bun:test'
import { printMoment, readDuration, readMoment } from './moments.ts'

test.each([
  ['0s', 0],
  ['90m', 5_400_000],
  ['24h', 86_400_000],
  ['30d', 2_592_000_000],
  ['2w', 1_209_600_000],
])('%s is a duration', (text, milliseconds) => {
  expect(readDuration(text)).toBe(milliseconds)
})

test.each(['', '30', 'd', '-1d', '1.5h', '30D', '1d ', ' 1d', '1y', '9999999d', '1d1h'])('%j is none', (text) => {
  expect(readDuration(text)).toBeUndefined()
})

test.each([
  ['30d', 2_592_001_000],
  ['2027-01-31', Date.UTC(2027, 0, 31)],
  ['2028-02-29', Date.UTC(2028, 1, 29)],
  ['2027-01-31T12:30Z', Date.UTC(2027, 0, 31, 12, 30)],
  ['2027-01-31T12:30:15+02:00', Date.UTC(2027, 0, 31, 10, 30, 15)],
])('%s is a moment', (text, milliseconds) => {
  expect(readMoment(text, 1_000)).toBe(milliseconds)
})

test.each([
  '2027-02-29',
  '2027-13-01',
  '2027-00-10',
  '2027-1-31',
  '31.1.2027',
  '2027-01-31T12:30',
  '2027-01-31T25:00Z',
  'x',
])('%j is none: it could be read as another, or is no day', (text) => {
  expect(readMoment(text, 1_000)).toBeUndefined()
})

test('a moment is printed to the minute, in UTC', () => {
  expect(printMoment(Date.UTC(2026, 10, 21, 9, 31, 45))).toBe('2026-11-21 09:31 UTC')
})
