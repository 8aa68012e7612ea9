import { expect, test } from 'bun:test'
import { collect, CollectError } from './collect.ts'

interface Told {
  readonly stream: ReadableStream<Uint8Array>
  readonly cancelled: () => boolean
}

/** Gives the chunks, then does what `end` says. */
function streamOf(chunks: Iterable<Uint8Array>, end: 'close' | 'break' | 'stay' = 'close'): Told {
  let cancelled = false
  const source = chunks[Symbol.iterator]()
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const { done, value } = source.next()
        if (!done) controller.enqueue(value)
        else if (end === 'close') controller.close()
        else if (end === 'break') controller.error(new Error('reset'))
        else return new Promise<void>(() => undefined)
        return undefined
      },
      cancel() {
        cancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { stream, cancelled: () => cancelled }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (from: Uint8Array): string => new TextDecoder().decode(from)
const BOUNDS = { bytes: 1_000_000, idle: 10_000 } as const

async function failure(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (error instanceof CollectError) return error.reason
    throw error
  }
  return 'none'
}

test('chunks come together in order, whatever their sizes', async () => {
  expect(text(await collect(streamOf([]).stream, BOUNDS))).toBe('')
  expect(text(await collect(streamOf([bytes('whole')]).stream, BOUNDS))).toBe('whole')
  const sizes = [3, 1, 5_000, 1, 1, 4_096, 4_095, 70_000, 2, 60_000, 4_000, 4_000]
  const chunks = sizes.map((size, index) => bytes(String.fromCodePoint(97 + index).repeat(size)))
  const expected = sizes.map((size, index) => String.fromCodePoint(97 + index).repeat(size)).join('')
  expect(text(await collect(streamOf(chunks).stream, BOUNDS))).toBe(expected)
})

test('a byte at a time is held in not many more bytes', async () => {
  const heap = (): number => {
    Bun.gc(true)
    return process.memoryUsage().heapUsed
  }
  let held = 0
  function* single(): Generator<Uint8Array> {
    const before = heap()
    for (let index = 0; index < 500_000; index++) yield Uint8Array.of(index & 0xff)
    held = heap() - before
  }
  const whole = await collect(streamOf(single()).stream, BOUNDS)
  expect(whole.length).toBe(500_000)
  expect(whole.every((byte, index) => byte === (index & 0xff))).toBe(true)
  expect(held).toBeLessThan(10_000_000)
}, 20_000)

test('exactly the bound is read; a byte more ends it, and the stream is let go', async () => {
  const five = (): Told => streamOf([bytes('abc'), bytes('de')], 'stay')
  expect(text(await collect(streamOf([bytes('abc'), bytes('de')]).stream, { ...BOUNDS, bytes: 5 }))).toBe('abcde')
  const over = five()
  expect(await failure(collect(over.stream, { ...BOUNDS, bytes: 4 }))).toBe('too-large')
  expect(over.cancelled()).toBe(true)
})

test('silence ends it, and half a body never passes for a whole one', async () => {
  const silent = streamOf([bytes('half')], 'stay')
  expect(await failure(collect(silent.stream, { bytes: 100, idle: 30 }))).toBe('too-slow')
  expect(silent.cancelled()).toBe(true)
})

test('so does taking too long in all, though chunks keep coming', async () => {
  const dripping = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 5))
      controller.enqueue(bytes('a'))
    },
  })
  expect(await failure(collect(dripping, { ...BOUNDS, total: 100 }))).toBe('too-slow')
})

test('a stream that breaks is told from one that ends', async () => {
  expect(await failure(collect(streamOf([bytes('half')], 'break').stream, BOUNDS))).toBe('broken')
})
