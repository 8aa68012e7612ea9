import { expect, test } from 'bun:test'
import { begun } from './http-first-piece.ts'

/** A source that counts what is drawn from it. */
function source(pieces: number) {
  const seen = { drawn: 0, cancelled: undefined as unknown }
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (seen.drawn === pieces) return controller.close()
        seen.drawn += 1
        controller.enqueue(Uint8Array.of(seen.drawn))
      },
      cancel: (reason) => void (seen.cancelled = reason),
    },
    { highWaterMark: 0 },
  )
  return { seen, body }
}

test('nothing is lost, and nothing is drawn before it is asked for', async () => {
  const { seen, body } = source(1_000)
  const reader = (await begun(body)).getReader()
  expect(seen.drawn).toBe(1)
  expect((await reader.read()).value).toEqual(Uint8Array.of(1))
  await Bun.sleep(1)
  expect(seen.drawn).toBe(1)
  expect((await reader.read()).value).toEqual(Uint8Array.of(2))
  expect(seen.drawn).toBe(2)
  let rest = 0
  while (!(await reader.read()).done) rest += 1
  expect(rest).toBe(998)
})

test('who leaves is heard by the provider, before the first piece is taken and after', async () => {
  for (const taken of [0, 1, 3]) {
    const { seen, body } = source(10)
    const reader = (await begun(body)).getReader()
    for (let piece = 0; piece < taken; piece += 1) await reader.read()
    await reader.cancel('enough')
    expect(seen.cancelled).toBe('enough')
  }
})

test('a body that ends without a byte has begun', async () => {
  const { body } = source(0)
  expect(await new Response(await begun(body)).text()).toBe('')
})

test('a body that breaks breaks here, be it before the first piece or behind it', async () => {
  const broken = (after: number) => {
    let drawn = 0
    return new ReadableStream<Uint8Array>({
      pull(controller) {
        if (drawn === after) return controller.error(new Error('reset'))
        drawn += 1
        controller.enqueue(Uint8Array.of(drawn))
      },
    })
  }
  expect(await begun(broken(0)).catch(String)).toBe('Error: reset')
  const reader = (await begun(broken(1))).getReader()
  expect((await reader.read()).value).toEqual(Uint8Array.of(1))
  expect(await reader.read().catch(String)).toBe('Error: reset')
})
