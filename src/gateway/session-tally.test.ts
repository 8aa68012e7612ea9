import { expect, test } from 'bun:test'
import { Refusal } from '#access/refusal.ts'
import type { Sessions, Tally } from '#access/session.ts'
import { addLater, settleLater, writeWaiting } from './session-tally.ts'

const ONE: Tally = { id: 'one', calls: 1, usedAt: 100, tokens: 7, toolCalls: 1, flags: 0 }

function scene() {
  const written: unknown[] = []
  const log: string[] = []
  let broken = false
  const writes = (what: string, all: readonly unknown[]): void => {
    if (broken) throw new Refusal('not_ready', { message: 'the store cannot be written' })
    written.push([what, ...all])
  }
  const sessions = {
    tally: (all: readonly Tally[]) => writes('tally', all),
    settleAll: (all: readonly unknown[]) => writes('settle', all),
  } as unknown as Sessions
  const parts = { sessions, log: (line: string) => void log.push(line) }
  return { parts, written, log, breaks: (now: boolean) => (broken = now) }
}

test('a thousand calls are one write, with the sum of each session and its last use', () => {
  const { parts, written } = scene()
  for (let call = 0; call < 1_000; call++) addLater({ ...ONE, usedAt: 100 + (call % 7) }, false, parts)
  addLater({ ...ONE, id: 'two', flags: 1 }, false, parts)
  expect(written).toEqual([])
  writeWaiting(parts)
  expect(written).toEqual([
    [
      'tally',
      { id: 'one', calls: 1_000, usedAt: 106, tokens: 7_000, toolCalls: 1_000, flags: 0 },
      { id: 'two', calls: 1, usedAt: 100, tokens: 7, toolCalls: 1, flags: 1 },
    ],
  ])
  writeWaiting(parts)
  expect(written).toHaveLength(1)
})

test('nobody has to ask: it is written within a second, and sooner where the session has ended', async () => {
  const { parts, written } = scene()
  addLater(ONE, false, parts)
  const began = performance.now()
  addLater({ ...ONE, calls: 0 }, true, parts)
  while (written.length === 0 && performance.now() - began < 5_000) await Bun.sleep(5)
  expect(written).toEqual([['tally', { id: 'one', calls: 1, usedAt: 100, tokens: 14, toolCalls: 2, flags: 0 }]])
  addLater(ONE, false, parts)
  while (written.length === 1 && performance.now() - began < 5_000) await Bun.sleep(5)
  expect(written).toHaveLength(2)
})

test('what is cut together is settled together', () => {
  const { parts, written } = scene()
  const spent = { tokens: 5, toolCalls: 0, flagged: false }
  settleLater(['a', spent], parts)
  settleLater(['b', spent], parts)
  writeWaiting(parts)
  expect(written).toEqual([['settle', ['a', spent], ['b', spent]]])
})

test('while the store cannot be written it is kept, said once, and never thrown', () => {
  const { parts, written, log, breaks } = scene()
  breaks(true)
  addLater(ONE, false, parts)
  writeWaiting(parts)
  addLater(ONE, false, parts)
  writeWaiting(parts)
  expect(log).toEqual(['what happened in conversations could not be added to them, and is tried again'])
  breaks(false)
  writeWaiting(parts)
  expect(written).toEqual([['tally', { id: 'one', calls: 2, usedAt: 100, tokens: 14, toolCalls: 2, flags: 0 }]])
})

test('no more is kept than ten thousand sessions', () => {
  const { parts, written } = scene()
  for (let at = 0; at < 10_005; at++) addLater({ ...ONE, id: String(at) }, false, parts)
  writeWaiting(parts)
  expect((written[0] as readonly unknown[]).length).toBe(10_001)
})
