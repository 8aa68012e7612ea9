import { expect, jest, test } from 'bun:test'
import { watchdog } from './watchdog.ts'

/** Waits for real time: the watchdog reads a clock of its own. */
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function firedWithin(
  ms: number,
  fired: { readonly mock: { readonly calls: readonly unknown[] } },
): Promise<boolean> {
  for (const end = performance.now() + ms; performance.now() < end && fired.mock.calls.length === 0;) await wait(5)
  return fired.mock.calls.length > 0
}

test('it barks once after the time without a touch', async () => {
  const fired = jest.fn()
  const began = performance.now()
  watchdog(60, fired)
  expect(await firedWithin(5_000, fired)).toBe(true)
  expect(performance.now() - began).toBeGreaterThan(55)
  await wait(150)
  expect(fired).toHaveBeenCalledTimes(1)
})

test('touches postpone it, however many', async () => {
  const fired = jest.fn()
  const dog = watchdog(300, fired)
  for (const end = performance.now() + 700; performance.now() < end;) {
    dog.touch()
    await wait(10)
  }
  expect(fired).not.toHaveBeenCalled()
  const began = performance.now()
  expect(await firedWithin(5_000, fired)).toBe(true)
  expect(performance.now() - began).toBeGreaterThan(200)
})

test('a touch in the bark keeps it awake', async () => {
  let barks = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  const dog = watchdog(20, () => {
    barks += 1
    if (barks < 3) dog.touch()
    else resolve()
  })
  await promise
  await wait(80)
  expect(barks).toBe(3)
})

test('a stopped one is silent, also when it is stopped in its bark', async () => {
  const fired = jest.fn()
  watchdog(20, fired).stop()
  let barks = 0
  const dog = watchdog(20, () => {
    barks += 1
    dog.touch()
    dog.stop()
  })
  await wait(150)
  expect(fired).not.toHaveBeenCalled()
  expect(barks).toBe(1)
})
