import { expect, test } from 'bun:test'
import { secretKeeper } from './secret-keeper.ts'
import type { Look, SecretPlace } from './secret-place.ts'

const TIMES = { fresh: 60_000, behind: 120_000, away: 600_000, pause: 1_000, again: 1_000 }

function scene(answers: (looks: number, anew: boolean) => Look | Promise<Look>) {
  const state = { now: 0, looks: 0 }
  const place: SecretPlace = {
    times: TIMES,
    async look(_held, anew) {
      state.looks += 1
      return answers(state.looks, anew)
    },
  }
  const keeper = secretKeeper(place, {
    now: () => state.now,
    learn: () => undefined,
    recordRead: async () => undefined,
    recordLost: async () => undefined,
    report: () => undefined,
  })
  return { state, keeper }
}

const found = (secret: string): Look => ({ kind: 'found', secret, stamp: secret })

test('a place that is away is asked once a second, however many doubt what is held', async () => {
  const { state, keeper } = scene((looks) => (looks === 1 ? found('one') : { kind: 'away', why: 'sealed' }))
  await keeper.read()
  state.now = 5_000
  for (let time = 0; time < 100; time++) expect(await keeper.refresh()).toBe('one')
  expect(state.looks).toBe(2)
  state.now = 6_000
  expect(await keeper.refresh()).toBe('one')
  expect(state.looks).toBe(3)
})

test('so is one that lost what it held', async () => {
  const { state, keeper } = scene((looks) => (looks === 1 ? found('one') : { kind: 'lost', why: 'gone' }))
  await keeper.read()
  state.now = 5_000
  for (let time = 0; time < 100; time++) {
    expect(await keeper.refresh().catch((error: unknown) => (error as Error).name)).toBe('Refusal')
  }
  expect(state.looks).toBe(2)
})

test('who doubts a secret does not get what was seen before they doubted it', async () => {
  const slow = Promise.withResolvers<Look>()
  const { state, keeper } = scene((looks) => {
    if (looks === 1) return found('old')
    return looks === 2 ? slow.promise : found('new')
  })
  await keeper.read()
  state.now = 90_000
  // Looked at behind whoever uses it, when the rotation comes.
  expect(await keeper.read()).toBe('old')
  const [one, other] = [keeper.refresh(), keeper.refresh()]
  slow.resolve({ kind: 'same' })
  expect(await Promise.all([one, other])).toEqual(['new', 'new'])
  expect(state.looks).toBe(3)
})

test('a secret whose lease has ended is not given to whoever doubts it, either', async () => {
  const { state, keeper } = scene((looks) =>
    looks === 1 ? { kind: 'found', secret: 'leased', stamp: '1', ends: 1_200 } : { kind: 'away', why: 'sealed' },
  )
  await keeper.read()
  state.now = 1_100
  expect(await keeper.refresh()).toBe('leased')
  state.now = 1_900
  expect(await keeper.refresh().catch((error: unknown) => (error as Error).name)).toBe('Refusal')
})
