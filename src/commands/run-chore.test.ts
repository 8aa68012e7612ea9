import { expect, test } from 'bun:test'
import type { Chore, ChoreStanding } from '#audit/follow/chore.ts'
import { type ChoreTeller, runChore } from './run-chore.ts'

/** A chore whose turns do what the test says, one after the other; after the last, nothing. */
function chore(turns: (() => 'more' | 'done')[], standing: ChoreStanding = { behind: 0, dropped: 0 }) {
  const emptied = Promise.withResolvers<void>()
  let closed = 0
  const scripted: Chore = {
    name: 'copy:offsite',
    async turn() {
      const turn = turns.shift()
      if (turn) return turn()
      emptied.resolve()
      return 'done'
    },
    standing: () => standing,
    async close() {
      closed += 1
    },
  }
  return { chore: scripted, emptied: emptied.promise, closed: () => closed }
}

function teller(now: () => number = () => 0) {
  const lines: string[] = []
  const entries: string[] = []
  const tell: ChoreTeller = {
    report: (line) => void lines.push(line),
    record: async (indicator, name) => void entries.push(`${indicator} ${name}`),
    now,
    random: () => 0,
    pauses: { idle: 1, failed: 1 },
  }
  return { tell, lines, entries }
}

const fails =
  (why = 'the disk is full') =>
  (): never => {
    throw new Error(why)
  }

test('a failure is told once, however often it is tried, and so is its end', async () => {
  const { tell, lines, entries } = teller()
  const scripted = chore([fails(), fails(), fails('something else'), () => 'more', () => 'done', fails(), () => 'done'])
  const running = runChore(scripted.chore, tell)
  await scripted.emptied
  await running.stop(1_000)
  expect(lines).toEqual([
    'copy:offsite fails, and is tried again: the disk is full',
    'copy:offsite works again, at the 4th try',
    'copy:offsite fails, and is tried again: the disk is full',
    'copy:offsite works again, at the 2nd try',
  ])
  expect(entries).toEqual([])
  expect(scripted.closed()).toBe(1)
})

test('a failure of more than a minute is an entry, once, and so is its end', async () => {
  let now = 0
  const { tell, entries } = teller(() => now)
  const later = (ms: number) => (): never => {
    now += ms
    return fails()()
  }
  const scripted = chore([later(0), later(30_000), later(30_000), later(30_000), () => 'done', later(0), () => 'done'])
  const running = runChore(scripted.chore, tell)
  await scripted.emptied
  await running.stop(1_000)
  expect(entries).toEqual(['archive-failing copy:offsite', 'archive-recovered copy:offsite'])
})

test('what was passed over is told and recorded, at most once a minute', async () => {
  let now = 0
  const { tell, lines, entries } = teller(() => now)
  const standing = { behind: 0, dropped: 0 }
  const drops = (count: number, after: number) => () => {
    now += after
    standing.dropped += count
    return 'done' as const
  }
  const scripted = chore([drops(5, 0), drops(7, 1_000), drops(1, 60_000)], standing)
  const running = runChore(scripted.chore, tell)
  await scripted.emptied
  await running.stop(1_000)
  expect(lines).toEqual([
    'copy:offsite passed over 5 entries: it was too far behind',
    'copy:offsite passed over 8 entries: it was too far behind',
  ])
  expect(entries).toEqual(['archive-dropped copy:offsite', 'archive-dropped copy:offsite'])
})

test('what was refused for good is not called too far behind', async () => {
  let now = 0
  const { tell, lines, entries } = teller(() => now)
  const standing = { behind: 0, dropped: 0, refused: 0 }
  const refuses = () => {
    now += 60_000
    standing.refused += 3
    return 'done' as const
  }
  const scripted = chore([refuses, () => 'done'], standing)
  const running = runChore(scripted.chore, tell)
  await scripted.emptied
  await running.stop(1_000)
  expect(lines).toEqual(['copy:offsite lost 3 entries: they were refused for good'])
  expect(entries).toEqual(['archive-dropped copy:offsite'])
})

test('a chore that stopped in part stands as failing, and that is recorded once', async () => {
  const { tell, lines, entries } = teller()
  const standing = { behind: 0, dropped: 0, stuck: false }
  const turns = [true, true, false].map((stuck) => () => {
    standing.stuck = stuck
    failing.push(running.standing().failing)
    return 'done' as const
  })
  const failing: boolean[] = []
  const scripted = chore([() => 'more', ...turns], standing)
  const running = runChore(scripted.chore, tell)
  await scripted.emptied
  await running.stop(1_000)
  expect(failing).toEqual([true, true, false])
  expect(lines).toEqual([])
  expect(entries).toEqual(['archive-failing copy:offsite', 'archive-recovered copy:offsite'])
})

test('a turn that hangs is told, recorded and stopped, counts as failing, and no other is begun beside it', async () => {
  const { tell, lines, entries } = teller()
  const [hung, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let turns = 0
  const stuck: Chore = {
    name: 'copy:offsite',
    async turn(signal) {
      turns += 1
      if (turns > 1) return 'done'
      signal.addEventListener('abort', () => hung.resolve())
      await goOn.promise
      return 'done'
    },
    standing: () => ({ behind: 0, dropped: 0 }),
    close: () => Promise.resolve(),
  }
  const running = runChore(stuck, { ...tell, longestTurn: 20 })
  await hung.promise
  expect(running.standing().failing).toBe(true)
  expect(turns).toBe(1)
  goOn.resolve()
  while (running.standing().failing) await new Promise((resolve) => setImmediate(resolve))
  await running.stop(1_000)
  expect(lines).toEqual([
    'copy:offsite fails, and is tried again: a turn has not ended within 0 s',
    'copy:offsite works again, at the 2nd try',
  ])
  expect(entries).toEqual(['archive-failing copy:offsite', 'archive-recovered copy:offsite'])
})

test('how it stands says whether it fails', async () => {
  const { tell } = teller()
  const failing = Promise.withResolvers<void>()
  const scripted = chore([
    () => {
      failing.resolve()
      return fails()()
    },
  ])
  const running = runChore(scripted.chore, { ...tell, pauses: { idle: 1, failed: 600_000 } })
  await failing.promise
  await Promise.resolve()
  await new Promise((resolve) => setImmediate(resolve))
  expect(running.standing()).toEqual({ behind: 0, dropped: 0, failing: true })
  await running.stop(1_000)
})

test('a turn that does not end does not keep the process from ending', async () => {
  const { tell } = teller()
  let aborted = false
  const stuck: Chore = {
    name: 'stream:siem',
    turn: (signal) =>
      new Promise(() => {
        signal.addEventListener('abort', () => (aborted = true))
      }),
    standing: () => ({ behind: 3, dropped: 0 }),
    close: () => Promise.resolve(),
  }
  const running = runChore(stuck, tell)
  await running.stop(20)
  expect(aborted).toBe(true)
})
