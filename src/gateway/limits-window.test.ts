import { describe, expect, test } from 'bun:test'
import { periodOf, slotAt } from './limits-window.ts'

const at = (text: string): number => Date.parse(text)

describe('a calendar window', () => {
  const NOW = at('2026-02-28T23:59:30.500Z')
  test.each([
    ['minute', '2026-02-28T23:59', '2026-03-01T00:00:00.000Z'],
    ['hour', '2026-02-28T23', '2026-03-01T00:00:00.000Z'],
    ['day', '2026-02-28', '2026-03-01T00:00:00.000Z'],
    ['month', '2026-02', '2026-03-01T00:00:00.000Z'],
  ] as const)('of a %s begins and ends with it, in UTC', (unit, name, end) => {
    const slot = slotAt({ kind: 'calendar', unit }, NOW)
    expect(slot).toMatchObject({ name, beside: [], next: at(end), resets: at(end) })
    expect(slotAt({ kind: 'calendar', unit }, at(end)).name).not.toBe(name)
    expect(slotAt({ kind: 'calendar', unit }, at(end) - 1).name).toBe(name)
  })

  test('of the last month of a year ends with the year', () => {
    expect(slotAt({ kind: 'calendar', unit: 'month' }, at('2026-12-31T10:00:00Z')).next).toBe(
      at('2027-01-01T00:00:00Z'),
    )
  })
})

describe('a sliding window', () => {
  test('is cut into twelve segments, and counts those on either side that may lie within it', () => {
    const slot = slotAt({ kind: 'sliding', ms: 60_000 }, 1_000_000)
    expect(slot.name).toBe('200')
    expect(slot.beside).toEqual(
      '188 189 190 191 192 193 194 195 196 197 198 199 201 202 203 204 205 206 207 208 209 210 211 212'.split(' '),
    )
    expect(slot).toMatchObject({ next: 1_005_000, resets: 1_065_000 })
  })

  test('what stands in a segment counts until all of it lies further back than the window', () => {
    const { resets } = slotAt({ kind: 'sliding', ms: 60_000 }, 1_004_999)
    expect(resets).toBe(1_065_000)
    expect(slotAt({ kind: 'sliding', ms: 60_000 }, 1_064_999).beside).toContain('200')
    expect(slotAt({ kind: 'sliding', ms: 60_000 }, 1_065_000).beside).not.toContain('200')
  })
})

test('what is open at once is no matter of time, and stands in slots of a minute', () => {
  expect(slotAt(undefined, 600_001)).toMatchObject({
    name: '10',
    beside: ['9', '11'],
    next: 660_000,
    resets: undefined,
  })
})

test('what is told once a window is told again in the next', () => {
  expect(periodOf({ kind: 'calendar', unit: 'day' }, at('2026-11-21T15:00:00Z')).name).toBe('2026-11-21')
  expect(periodOf({ kind: 'sliding', ms: 10_000 }, 19_999).name).toBe('1')
  expect(periodOf({ kind: 'sliding', ms: 10_000 }, 20_000).name).toBe('2')
})
