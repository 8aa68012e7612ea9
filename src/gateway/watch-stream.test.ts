// The races of a stream's end: whoever comes first decides, once, and nothing stays open behind it.
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { Refusal } from '#access/refusal.ts'
import { EXCHANGE, scene } from './stream-scene.fixture.ts'

const PIECE = 'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}],"model":"theirs"}\n\n'
const PASSED = 'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}],"model":"mine"}\n\n'
const USAGE = 'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":5}}\n\n'
const DONE = 'data: [DONE]\n\n'

let unhandled: unknown[] = []
const note = (error: unknown): void => void unhandled.push(error)
beforeEach(() => {
  unhandled = []
  process.on('unhandledRejection', note)
})
afterEach(async () => {
  await Bun.sleep(1)
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

const text = async (stream: ReadableStream<Uint8Array>): Promise<string> => new Response(stream).text()
const read = async (reader: { read(): Promise<{ readonly value?: Uint8Array | undefined }> }): Promise<string> =>
  new TextDecoder().decode((await reader.read()).value)

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000 && !holds(); turn++) await Bun.sleep(2)
  expect(holds()).toBe(true)
}

async function refusedFor(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (error instanceof Refusal) return error.reason
    throw error
  }
  return 'none'
}

test('a whole stream is recorded once, with its bytes and usage, and what stands behind its end goes nowhere', async () => {
  const told = scene()
  told.send(PIECE + USAGE + DONE + PIECE)
  const stream = await told.watch()
  expect(await text(stream)).toBe(PASSED + USAGE + DONE)
  expect(told.outcomes).toEqual([
    {
      kind: 'outcome',
      exchange: EXCHANGE,
      us: expect.any(Number) as number,
      status: 200,
      bytes: PASSED.length + USAGE.length + DONE.length,
      ended: 'complete',
      usage: { input: 3, output: 5 },
      findings: [],
      checks: [
        {
          name: 'marked',
          verdict: 'pass',
          us: expect.any(Number) as number,
          direction: 'answer',
          coverage: { seen: 8, of: 8 },
        },
      ],
    },
  ])
})

test("behind the protocol's end, the provider is heard out for a moment, and then cut", async () => {
  const ending = scene()
  ending.send(PIECE + DONE)
  await text(await ending.watch())
  ending.send(PIECE)
  ending.finish()
  await Bun.sleep(20)
  expect(ending.cancelled()).toBe(false)
  const staying = scene()
  staying.send(PIECE + DONE)
  await text(await staying.watch())
  const pouring = scene()
  pouring.send(PIECE + DONE)
  await text(await pouring.watch())
  for (let turn = 0; turn < 70; turn++) pouring.send('x'.repeat(1024))
  await until(pouring.cancelled)
  await until(staying.cancelled)
  for (const { outcomes } of [ending, staying, pouring]) expect(outcomes).toMatchObject([{ ended: 'complete' }])
})

test('the end is recorded before the caller sees it', async () => {
  const told = scene()
  told.send(PIECE)
  const reader = (await told.watch()).getReader()
  expect(await read(reader)).toBe(PASSED)
  const { promise, resolve } = Promise.withResolvers<void>()
  told.onRecord = () => promise
  told.send(DONE)
  let seen = false
  const last = read(reader).then((piece) => {
    seen = true
    return piece
  })
  await Bun.sleep(20)
  expect(seen).toBe(false)
  resolve()
  expect(await last).toBe(DONE)
})

test('an end that cannot be recorded is not shown', async () => {
  const told = scene()
  told.onRecord = () => {
    throw new Refusal('audit_unavailable', { message: 'The audit trail cannot be written.' })
  }
  told.send(PIECE + DONE)
  const got = await text(await told.watch())
  expect(got).toContain('"audit_unavailable"')
  expect(got).not.toContain('[DONE]')
  expect(told.outcomes).toEqual([])
  await until(told.cancelled)
})

test('what a stream says of its usage never falls', async () => {
  const told = scene()
  told.send(PIECE + USAGE)
  told.send('data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":0}}\n\n')
  told.send('data: {"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":2}}\n\n')
  told.send(DONE)
  await text(await told.watch())
  expect(told.outcomes).toMatchObject([{ usage: { input: 7, output: 5 } }])
})

test('an end that could not be recorded as it was is recorded as the failure that it became', async () => {
  const told = scene()
  let tries = 0
  told.onRecord = () => {
    if (tries++ === 0) throw new RangeError('not a value of JSON')
  }
  told.send(PIECE + DONE)
  const got = await text(await told.watch())
  expect(got).toContain('"internal"')
  expect(got).not.toContain('[DONE]')
  expect(told.outcomes).toMatchObject([{ ended: 'refused', reason: 'internal' }])
  expect(told.log).toEqual(['a stream failed'])
})

test('a failure before the first event has a status of its own, and lets the provider go', async () => {
  const broken = scene()
  broken.break()
  expect(await refusedFor(broken.watch())).toBe('provider_failed')
  const ended = scene()
  ended.finish()
  expect(await refusedFor(ended.watch())).toBe('provider_failed')
  const wrong = scene()
  wrong.send('data: {"error":{"message":"overloaded"}}\n\n')
  expect(await refusedFor(wrong.watch())).toBe('provider_failed')
  expect(wrong.cancelled()).toBe(true)
  const large = scene()
  large.send('x'.repeat(5_000_000))
  expect(await refusedFor(large.watch())).toBe('provider_answer_invalid')
  expect(large.cancelled()).toBe(true)
  const silent = scene()
  expect(await refusedFor(silent.watch({ idle: 30 }))).toBe('provider_timeout')
  expect(silent.cancelled()).toBe(true)
  for (const { outcomes } of [broken, ended, wrong, large, silent]) expect(outcomes).toEqual([])
})

test('what was sound before a fault is passed on, then the fault is told, once', async () => {
  const told = scene()
  told.send(`${PIECE}data: {"choices":\n\n${PIECE}${DONE}`)
  const got = await text(await told.watch())
  expect(got).toStartWith(`${PASSED}data: {"error":`)
  expect(got.match(/data: /g)).toHaveLength(2)
  expect(told.outcomes).toMatchObject([{ ended: 'upstream-failed', reason: 'provider_answer_invalid' }])
  expect(told.cancelled()).toBe(true)
})

test('a stream may end in a CR', async () => {
  const told = scene()
  told.send(PIECE)
  told.send('data: [DONE]\r\r')
  told.finish()
  expect(await text(await told.watch())).toBe(PASSED + DONE)
  expect(told.outcomes).toMatchObject([{ ended: 'complete' }])
})

test('a caller who leaves while the first event is awaited leaves nothing behind', async () => {
  const told = scene()
  const watched = refusedFor(told.watch())
  told.hangUp()
  // As fetch does it: the body of an aborted request breaks.
  told.break()
  expect(await watched).toBe('provider_failed')
  expect(told.outcomes).toEqual([])
})

test('one who left before anybody looked is recorded as gone', async () => {
  const told = scene()
  told.send(PIECE)
  told.hangUp()
  const stream = await told.watch()
  await until(() => told.outcomes.length === 1)
  expect(told.outcomes).toMatchObject([{ ended: 'caller-gone', bytes: 0 }])
  expect(told.cancelled()).toBe(true)
  await stream.cancel()
  expect(told.outcomes).toHaveLength(1)
})

test.each(['abort', 'cancel', 'both'])('one who leaves in mid-stream (%s) is recorded once', async (how) => {
  const told = scene()
  told.send(PIECE)
  const reader = (await told.watch()).getReader()
  expect(await read(reader)).toBe(PASSED)
  const waiting = reader.read().catch(() => undefined)
  if (how !== 'cancel') told.hangUp()
  if (how !== 'abort') await reader.cancel()
  await until(() => told.outcomes.length === 1)
  expect(told.cancelled()).toBe(true)
  if (how === 'abort') await reader.cancel()
  await waiting
  await Bun.sleep(20)
  expect(told.outcomes).toMatchObject([{ ended: 'caller-gone', bytes: PASSED.length }])
})

test.each(['abort', 'cancel', 'both'])(
  'one who leaves while the end is being recorded (%s) had it all',
  async (how) => {
    const told = scene()
    told.send(PIECE)
    const reader = (await told.watch()).getReader()
    expect(await read(reader)).toBe(PASSED)
    told.onRecord = async () => {
      if (how !== 'cancel') told.hangUp()
      if (how !== 'abort') void reader.cancel()
      await Bun.sleep(5)
    }
    told.send(DONE)
    await reader.read().catch(() => undefined)
    await Bun.sleep(20)
    expect(told.outcomes).toMatchObject([{ ended: 'complete' }])
    await until(told.cancelled)
    expect(told.log).toEqual([])
  },
)

test.each(['abort', 'cancel'])('one who leaves while a failure is being recorded (%s)', async (how) => {
  const told = scene()
  told.send(PIECE)
  const reader = (await told.watch()).getReader()
  await read(reader)
  told.onRecord = async () => {
    if (how === 'abort') told.hangUp()
    else void reader.cancel()
    await Bun.sleep(5)
  }
  told.finish()
  await reader.read().catch(() => undefined)
  await Bun.sleep(20)
  expect(told.outcomes).toMatchObject([{ ended: 'upstream-failed', reason: 'provider_failed' }])
  expect(told.log).toEqual([])
})

test('leaving after the end changes nothing', async () => {
  const told = scene()
  told.send(PIECE + DONE)
  await text(await told.watch())
  told.hangUp()
  await Bun.sleep(10)
  expect(told.outcomes).toMatchObject([{ ended: 'complete' }])
})

test('a provider that is silent in mid-stream is given up, the caller is told', async () => {
  const told = scene()
  told.send(PIECE)
  const got = await text(await told.watch({ idle: 50 }))
  expect(got).toStartWith(PASSED)
  expect(got).toContain('"provider_timeout"')
  expect(told.outcomes).toMatchObject([{ ended: 'upstream-failed', reason: 'provider_timeout' }])
  expect(told.cancelled()).toBe(true)
})

test("a slow caller's time is not the provider's, nor the other way round", async () => {
  const told = scene()
  told.send(PIECE)
  const reader = (await told.watch({ idle: 60 })).getReader()
  await read(reader)
  await Bun.sleep(200)
  told.send(PIECE + DONE)
  expect(await read(reader)).toBe(PASSED + DONE)
  expect(told.outcomes).toMatchObject([{ ended: 'complete' }])

  const slow = scene()
  slow.send(PIECE)
  const patient = (await slow.watch({ unread: 60 })).getReader()
  await read(patient)
  const next = read(patient)
  await Bun.sleep(200)
  slow.send(DONE)
  expect(await next).toBe(DONE)
  expect(slow.outcomes).toMatchObject([{ ended: 'complete' }])
})

test('who reads nothing for too long is cut off, and sees no proper end', async () => {
  const told = scene()
  told.send(PIECE)
  const stream = await told.watch({ unread: 40 })
  await until(() => told.outcomes.length === 1)
  expect(told.outcomes).toMatchObject([{ ended: 'caller-gone' }])
  expect(told.cancelled()).toBe(true)
  expect(await text(stream).catch(() => 'broken')).toBe('broken')
})

test('a bug in the middle is told as an error, recorded, and never shown', async () => {
  const told = scene()
  told.send(PIECE)
  const reader = (await told.watch()).getReader()
  await read(reader)
  told.onRecord = () => {
    throw new Error('a secret of the inside')
  }
  told.send(DONE)
  const last = await read(reader)
  expect(last).toContain('"internal"')
  expect(last).not.toContain('secret')
  expect(told.log).toEqual(['a stream failed', `the outcome of ${EXCHANGE} was not recorded`])
})

test('how far a stream had come is told where it is settled: something said to its end, and then its count', async () => {
  const FINISH = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"model":"mine"}\n\n'
  for (const [sent, expected] of [
    [PIECE, undefined],
    [PIECE + FINISH, 'finished'],
    [PIECE + FINISH + USAGE, 'counted'],
  ] as const) {
    const told = scene()
    const metered = { came: undefined, reservation: { left: [], settle: () => undefined, cancel: () => undefined } }
    told.account.metered = metered as unknown as NonNullable<typeof told.account.metered>
    told.send(sent)
    const reader = (await told.watch()).getReader()
    await read(reader)
    await reader.cancel()
    await until(() => told.outcomes.length === 1)
    expect(metered.came).toBe(expected as never)
  }
})
