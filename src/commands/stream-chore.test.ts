import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'bun:test'
import { exchangeId } from '#audit/test-log.ts'
import { later, makePlace, otlpTo, putAway, settle, stageOf } from './stream.fixture.ts'
import { streamChore } from './stream-chore.ts'

afterEach(putAway)

interface Collector {
  readonly url: string
  /** Of every log record that was taken: its exchange. Undefined for entries without. */
  readonly taken: (string | undefined)[]
  readonly spans: string[]
  requests: number
  /** What to answer; taken by default. */
  answer: (signal: string, records: number) => Response | Promise<Response> | undefined
  stop(): Promise<void>
}

interface Sent {
  readonly resourceLogs?: readonly { scopeLogs: readonly { logRecords: readonly Recorded[] }[] }[]
  readonly resourceSpans?: readonly { scopeSpans: readonly { spans: readonly { name: string }[] }[] }[]
}

interface Recorded {
  readonly attributes: readonly { key: string; value: { stringValue?: string } }[]
}

/** It does as it is told. */
function makeCollector(port = 0): Collector {
  const server = Bun.serve({
    port,
    hostname: '127.0.0.1',
    async fetch(request) {
      collector.requests++
      const body = (await request.json()) as Sent
      const records = body.resourceLogs?.[0]?.scopeLogs[0]?.logRecords ?? []
      const spans = body.resourceSpans?.[0]?.scopeSpans[0]?.spans ?? []
      const answer = await collector.answer(new URL(request.url).pathname, records.length + spans.length)
      if (answer && !answer.ok) return answer
      for (const { attributes } of records) {
        collector.taken.push(attributes.find(({ key }) => key === 'sallyport.exchange')?.value.stringValue)
      }
      collector.spans.push(...spans.map(({ name }) => name))
      return answer ?? Response.json({})
    },
  })
  const collector: Collector = {
    url: `http://127.0.0.1:${server.port}`,
    taken: [],
    spans: [],
    requests: 0,
    answer: () => undefined,
    stop: () => server.stop(true),
  }
  later(() => server.stop(true))
  return collector
}

const stored = async (streams: string): Promise<unknown> =>
  JSON.parse(await readFile(join(streams, 'siem.json'), 'utf8'))
const pairs = (from: number, to: number): (string | undefined)[] =>
  Array.from({ length: to - from }, (_, at) => [exchangeId(from + at), exchangeId(from + at)]).flat()

test('a new stream begins at the end, tells what comes, once, and knows how far it is', async () => {
  const place = await makePlace()
  const collector = makeCollector()
  await place.grow(3)
  const stage = stageOf(place)
  const chore = streamChore(otlpTo(collector.url), stage.parts)
  expect(await settle(chore)).toEqual([])
  expect(collector.requests).toBe(0)
  await place.grow(2)
  await settle(chore)
  expect(collector.taken).toEqual(pairs(3, 5))
  expect(await stored(place.streams)).toEqual({
    stream: 1,
    positions: { 'gateway-0': 11 },
    last: { 'gateway-0': expect.stringMatching(/^[0-9a-f]{64}$/) },
  })
  await chore.close()
})

test('a log that appears later is told from its beginning', async () => {
  const place = await makePlace()
  const collector = makeCollector()
  await place.grow(1)
  const chore = streamChore(otlpTo(collector.url), stageOf(place).parts)
  await settle(chore)
  await place.grow(1, 'gateway-1')
  await settle(chore)
  expect(collector.taken).toEqual([undefined, ...pairs(1, 2)])
  await chore.close()
})

test('a stream goes on where it was, over a restart', async () => {
  const place = await makePlace()
  const collector = makeCollector()
  await place.grow(1)
  const first = streamChore(otlpTo(collector.url), stageOf(place).parts)
  await settle(first)
  await first.close()
  await place.grow(2)
  const second = streamChore(otlpTo(collector.url), stageOf(place).parts)
  await settle(second)
  expect(collector.taken).toEqual(pairs(1, 3))
  await second.close()
})

test('killed between sending and writing its position, it tells again and loses nothing', async () => {
  const place = await makePlace()
  const collector = makeCollector()
  await place.grow(1)
  const killed = streamChore(otlpTo(collector.url), stageOf(place).parts)
  await settle(killed)
  const before = await readFile(join(place.streams, 'siem.json'))
  await place.grow(2)
  await settle(killed)
  // What the disk holds where the process died right after sending.
  await writeFile(join(place.streams, 'siem.json'), before)
  await place.grow(1)
  const next = streamChore(otlpTo(collector.url), stageOf(place).parts)
  await settle(next)
  expect(collector.taken).toEqual([...pairs(1, 3), ...pairs(1, 4)])
  await killed.close()
  await next.close()
})

test('killed before it ever delivered, a new stream does not begin at a later end', async () => {
  const place = await makePlace()
  await place.grow(1)
  await place.grow(1, 'gateway-0', false)
  const collector = makeCollector()
  collector.answer = () => new Response('', { status: 503 })
  const killed = streamChore(otlpTo(collector.url), stageOf(place).parts)
  expect(await settle(killed)).toHaveLength(1)
  await place.grow(0)
  const next = makeCollector()
  const again = streamChore(otlpTo(next.url), stageOf(place).parts)
  await settle(again)
  expect(next.taken).toEqual(pairs(1, 2))
  await again.close()
  await killed.close()
})

test('what the journal alone holds is told, and told again after a restart: a power loss may put another entry there', async () => {
  const place = await makePlace()
  const collector = makeCollector()
  await place.grow(1)
  const chore = streamChore(otlpTo(collector.url), stageOf(place).parts)
  await settle(chore)
  await place.grow(1, 'gateway-0', false)
  await settle(chore)
  expect(collector.taken).toEqual(pairs(1, 2))
  expect(await stored(place.streams)).toMatchObject({ stream: 1, positions: { 'gateway-0': 3 } })
  await chore.close()
})

test('while the collector is down it says so, asks ever more rarely, and then tells everything', async () => {
  const place = await makePlace()
  const collector = makeCollector()
  await place.grow(1)
  const stage = stageOf(place)
  const chore = streamChore(otlpTo(collector.url), stage.parts)
  await settle(chore)
  collector.answer = () => new Response('', { status: 503 })
  await place.grow(2)
  const asked = async (): Promise<number> => {
    expect(await settle(chore)).toEqual(['it answered 503'])
    return collector.requests
  }
  expect(await asked()).toBe(1)
  stage.now += 999
  expect(await asked()).toBe(1)
  stage.now += 1
  expect(await asked()).toBe(2)
  stage.now += 1_999
  expect(await asked()).toBe(2)
  expect(chore.standing()).toEqual({ behind: 4, dropped: 0, refused: 0, stuck: false })
  await collector.stop()
  stage.now += 1
  const [complaint] = await settle(chore)
  expect(complaint).toMatch(/connection/)
  const back = makeCollector(Number(new URL(collector.url).port))
  stage.now += 4_000
  expect(await settle(chore)).toEqual([])
  expect(back.taken).toEqual(pairs(1, 3))
  stage.now += 1_000
  await settle(chore)
  expect(chore.standing()).toEqual({ behind: 0, dropped: 0, refused: 0, stuck: false })
  await chore.close()
})

test('a collector that is busy says when to come back', async () => {
  const place = await makePlace()
  const collector = makeCollector()
  await place.grow(1)
  const stage = stageOf(place)
  const chore = streamChore(otlpTo(collector.url), stage.parts)
  await settle(chore)
  await place.grow(1)
  collector.answer = () => new Response('', { status: 429, headers: { 'retry-after': '30' } })
  expect(await settle(chore)).toEqual(['it answered 429'])
  collector.answer = () => undefined
  stage.now += 29_999
  await settle(chore)
  expect(collector.taken).toEqual([])
  stage.now += 1
  await settle(chore)
  expect(collector.taken).toEqual(pairs(1, 2))
  await chore.close()
})

test('what a collector will never take is counted, and what comes after it is told', async () => {
  const place = await makePlace()
  const collector = makeCollector()
  await place.grow(1)
  const stage = stageOf(place)
  const chore = streamChore(otlpTo(collector.url), stage.parts)
  await settle(chore)
  await place.grow(1)
  collector.answer = () => Response.json({ partialSuccess: { rejectedLogRecords: '1' } })
  await settle(chore)
  expect(chore.standing()).toMatchObject({ dropped: 0, refused: 1 })
  await place.grow(1)
  collector.answer = () => new Response('', { status: 400 })
  stage.now += 10_000
  await settle(chore)
  expect(chore.standing()).toMatchObject({ dropped: 0, refused: 3 })
  collector.answer = () => undefined
  await place.grow(1)
  await settle(chore)
  expect(collector.taken).toEqual([...pairs(1, 2), ...pairs(3, 4)])
  await chore.close()
})

test('a collector that says that it refused more than it was sent is not believed', async () => {
  const place = await makePlace()
  const collector = makeCollector()
  await place.grow(1)
  const chore = streamChore(otlpTo(collector.url), stageOf(place).parts)
  await settle(chore)
  await place.grow(1)
  collector.answer = () => Response.json({ partialSuccess: { rejectedLogRecords: '9007199254740991' } })
  await settle(chore)
  expect(chore.standing()).toMatchObject({ dropped: 0, refused: 2 })
  await chore.close()
})

test('what is too large for the collector is sent in halves', async () => {
  const place = await makePlace()
  const collector = makeCollector()
  await place.grow(1)
  const chore = streamChore(otlpTo(collector.url), stageOf(place).parts)
  await settle(chore)
  await place.grow(4)
  collector.answer = (_, records) => (records > 3 ? new Response('', { status: 413 }) : undefined)
  await settle(chore)
  expect(collector.taken).toEqual(pairs(1, 5))
  expect(chore.standing()).toMatchObject({ dropped: 0, refused: 0 })
  await chore.close()
})

test('too far behind, it passes over the oldest, counts them, and goes on with the newest', async () => {
  const place = await makePlace()
  const collector = makeCollector()
  await place.grow(1)
  const stage = stageOf(place, { mostBehind: 20 })
  const chore = streamChore(otlpTo(collector.url), stage.parts)
  await settle(chore)
  collector.answer = () => new Response('', { status: 503 })
  await place.grow(10)
  stage.now += 1_000
  await settle(chore)
  expect(chore.standing()).toEqual({ behind: 20, dropped: 0, refused: 0, stuck: false })
  await place.grow(5)
  stage.now += 600_000
  await settle(chore)
  expect(chore.standing()).toEqual({ behind: 18, dropped: 12, refused: 0, stuck: false })
  collector.answer = () => undefined
  stage.now += 600_000
  await settle(chore)
  expect(collector.taken).toEqual(pairs(7, 16))
  await chore.close()
})

test('a collector that never answers holds up its own stream alone, and only for so long', async () => {
  const place = await makePlace()
  const [silent, other] = [makeCollector(), makeCollector()]
  await place.grow(1)
  silent.answer = () => new Promise<Response>(() => undefined)
  const stage = stageOf(place)
  const slow = streamChore(
    { ...otlpTo(silent.url), name: 'slow' },
    { ...stage.parts, otlp: { ...stage.parts.otlp, limit: 300 } },
  )
  const quick = streamChore({ ...otlpTo(other.url), name: 'quick' }, stage.parts)
  await settle(slow)
  await settle(quick)
  await place.grow(1)
  const waits = settle(slow)
  await settle(quick)
  expect(other.taken).toEqual(pairs(1, 2))
  expect(await waits).toEqual(['no answer within 0.3 s'])
  await slow.close()
  await quick.close()
})

test('logs and spans are each sent once, though the one waits for the other', async () => {
  const place = await makePlace()
  const collector = makeCollector()
  await place.grow(1)
  const stage = stageOf(place)
  const chore = streamChore(otlpTo(collector.url, ['logs', 'traces']), stage.parts)
  await settle(chore)
  await place.grow(1)
  collector.answer = (path) => (path === '/v1/traces' ? new Response('', { status: 503 }) : undefined)
  await settle(chore)
  collector.answer = () => undefined
  stage.now += 2_000
  await settle(chore)
  expect(collector.taken).toEqual(pairs(1, 2))
  expect(collector.spans).toEqual(['chat clinic-small', 'check decide'])
  await chore.close()
})

test('a restart between a decision and its outcome does not cost the span', async () => {
  const place = await makePlace()
  const collector = makeCollector()
  await place.grow(2)
  const first = streamChore(otlpTo(collector.url, ['traces']), stageOf(place).parts)
  await settle(first)
  await first.close()
  // As if its last entry, an outcome, had not been told.
  await writeFile(join(place.streams, 'siem.json'), '{"stream":1,"positions":{"gateway-0":4}}')
  const second = streamChore(otlpTo(collector.url, ['traces']), stageOf(place).parts)
  await settle(second)
  expect(collector.spans).toEqual(['chat clinic-small', 'check decide'])
  await second.close()
})

test('a position that cannot be read stops the stream, and is not guessed', async () => {
  const place = await makePlace()
  const collector = makeCollector()
  await place.grow(1)
  const chore = streamChore(otlpTo(collector.url), stageOf(place).parts)
  await settle(chore)
  await chore.close()
  await writeFile(join(place.streams, 'siem.json'), '{"stream":1,"positions":{"gateway-0":-4}}')
  const again = streamChore(otlpTo(collector.url), stageOf(place).parts)
  const [complaint] = await settle(again)
  expect(complaint).toEndWith('siem.json holds no position; without it the stream begins anew, at the end of the logs')
  expect(() => streamChore({ ...otlpTo(collector.url), name: '../x' }, stageOf(place).parts)).toThrow(
    'no stream can be called "../x"',
  )
})
