import { expect, test } from 'bun:test'
import { systemClock } from './clock.ts'

test('the system clock tells milliseconds of the epoch, and microseconds that never step back', () => {
  expect(systemClock.now()).toBeGreaterThan(1_700_000_000_000)
  expect(systemClock.now()).toBeLessThan(10_000_000_000_000)
  const wall = Date.now()
  const before = systemClock.monotonic()
  while (Date.now() < wall + 5) expect(systemClock.monotonic()).toBeGreaterThanOrEqual(before)
  expect(systemClock.monotonic() - before).toBeGreaterThan(3000)
})
