import { expect, test } from 'bun:test'
import { systemClock } from './clock.ts'

test('the system clock tells milliseconds of the epoch, and microseconds that never step back', () => {
  expect(systemClock.now()).toBeGreaterThan(1_700_000_000_000)
  expect(systemClock.now()).toBeLessThan(10_000_000_000_000)
  let before = systemClock.monotonic()
  for (let turn = 0; turn < 1000; turn++) {
    const after = systemClock.monotonic()
    expect(after).toBeGreaterThanOrEqual(before)
    before = after
  }
  // In microseconds: within a factor of two of the milliseconds that `performance` counts from the same moment.
  expect(systemClock.monotonic() / performance.now()).toBeGreaterThan(500)
  expect(systemClock.monotonic() / performance.now()).toBeLessThan(2000)
})
