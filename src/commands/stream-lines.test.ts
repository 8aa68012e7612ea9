import { expect, test } from 'bun:test'
import { loggedEntry, type Logged } from '#audit/export/logged.ts'
import { decisionOf, exchangeId, outcomeOf } from '#audit/test-log.ts'
import { lineSink, type LineWriter } from './stream-lines.ts'

const running = new AbortController().signal

/** Full after each write while nobody reads. */
function pipe() {
  const written: string[] = []
  const told = { drain: (): void => undefined, error: (): void => undefined }
  let isRead = true
  let listening = 0
  const writer: LineWriter = {
    write(text) {
      written.push(text.toString())
      return isRead
    },
    on: (event, tell) => {
      listening++
      told[event] = tell
    },
    off: () => listening--,
  }
  return {
    writer,
    written,
    listening: () => listening,
    stall: () => (isRead = false),
    read: () => {
      isRead = true
      told.drain()
    },
    close: () => told.error(),
  }
}

function batchOf(entries: number): readonly Logged[] {
  return Array.from({ length: entries }, (_, at) => {
    const entry = at % 2 === 0 ? decisionOf(exchangeId(at)) : outcomeOf(exchangeId(at - 1))
    const text = JSON.stringify({ ...entry, id: `id-${at}`, time: '2026-01-02T03:04:05.678Z', index: at })
    return loggedEntry('gateway-0', at, Buffer.from(text))
  })
}

test('native: one line an entry, as it stands in the log', async () => {
  const { writer, written } = pipe()
  const batch = batchOf(3)
  const shipment = lineSink(writer, { format: 'native', release: '1' }).take(batch)
  expect(await shipment.send(running)).toEqual({ kind: 'done', rejected: 0 })
  expect(written.join('')).toBe(batch.map(({ bytes }) => `${bytes.toString()}\n`).join(''))
})

test('OCSF: one event a line, outcomes with the actor of their decision', async () => {
  const { writer, written } = pipe()
  await lineSink(writer, { format: 'ocsf', release: '1' }).take(batchOf(2)).send(running)
  const events = written
    .join('')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { class_uid: number; actor: { user: { uid: string } } })
  expect(events.map(({ class_uid }) => class_uid)).toEqual([6003, 6003])
  expect(events.map(({ actor }) => actor.user.uid)).toEqual(['alice', 'alice'])
})

test('nothing more is written while the reader lets what was written wait, and nothing is written twice', async () => {
  const { writer, written, stall, read } = pipe()
  stall()
  const batch = batchOf(1_000)
  const shipment = lineSink(writer, { format: 'native', release: '1', patience: 1 }).take(batch)
  expect(await shipment.send(running)).toEqual({ kind: 'full' })
  expect(await shipment.send(running)).toEqual({ kind: 'full' })
  expect(written).toHaveLength(1)
  expect(written[0]?.length).toBeLessThan(70_000)
  read()
  expect(await shipment.send(running)).toEqual({ kind: 'done', rejected: 0 })
  expect(written.join('')).toBe(batch.map(({ bytes }) => `${bytes.toString()}\n`).join(''))
})

test('whoever stops is not kept waiting by a reader that does not read', async () => {
  const { writer, stall } = pipe()
  stall()
  const stop = new AbortController()
  const shipment = lineSink(writer, { format: 'native', release: '1', patience: 3_600_000 }).take(batchOf(1))
  const sent = shipment.send(stop.signal)
  stop.abort()
  expect(await sent).toEqual({ kind: 'full' })
})

test('a reader that is gone is said', async () => {
  const { writer, close, written } = pipe()
  const shipment = lineSink(writer, { format: 'native', release: '1' }).take(batchOf(1))
  close()
  expect(await shipment.send(running)).toEqual({
    kind: 'later',
    why: 'standard output is closed: whoever read it is gone',
  })
  expect(written).toEqual([])
})

test('a stream that ends leaves nobody listening to the process’s own standard output', () => {
  const { writer, listening } = pipe()
  const sink = lineSink(writer, { format: 'native', release: '1' })
  expect(listening()).toBe(2)
  sink.close?.()
  expect(listening()).toBe(0)
})
