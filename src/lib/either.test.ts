import { heapStats } from 'bun:jsc'
import { expect, test } from 'bun:test'
import { eitherOf } from './either.ts'

const signals = (): number => {
  Bun.gc(true)
  return heapStats().objectTypeCounts['AbortSignal'] ?? 0
}

test('the first of two ends it, for its reason, once', () => {
  for (const at of [0, 1]) {
    const two = [new AbortController(), new AbortController()] as const
    const either = eitherOf(two[0].signal, two[1].signal)
    expect(either.aborted).toBe(false)
    const ends: unknown[] = []
    either.addEventListener('abort', () => ends.push(either.reason))
    two[at]?.abort('first')
    two[1 - at]?.abort('second')
    expect(ends).toEqual(['first'])
  }
})

test('what is over already ends it at once', () => {
  expect(eitherOf(new AbortController().signal, AbortSignal.abort('gone')).reason).toBe('gone')
  expect(eitherOf(AbortSignal.abort('gone'), AbortSignal.abort('later')).reason).toBe('gone')
})

test('what nothing ever ended is forgotten with those who listened', () => {
  const before = signals()
  for (let at = 0; at < 1_000; at += 1) {
    const either = eitherOf(new AbortController().signal, new AbortController().signal)
    either.addEventListener('abort', () => either.throwIfAborted())
  }
  expect(signals() - before).toBeLessThan(100)
})
