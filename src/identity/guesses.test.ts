import { describe, expect, test } from 'bun:test'
import { Refusal } from '#access/refusal.ts'
import { CREDENTIAL, keyScene, refusalTo, show } from './key.fixture.ts'
import { type Guesses, makeGuesses } from './guesses.ts'

const SECOND = 1_000_000

function setting() {
  const time = { now: 0 }
  const guesses = makeGuesses({ clock: { monotonic: () => time.now }, random: (bytes) => new Uint8Array(bytes) })
  return { guesses, time }
}

/** Whether it was admitted; a wrong one was then looked up in vain. */
function guess(guesses: Guesses, source: string, credential = 'sp_x_wrong'): Refusal | undefined {
  try {
    guesses.admit(source, credential)
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  guesses.wrong(source, credential)
  return undefined
}

const admitted = (guesses: Guesses, source: string, times: number): number =>
  Array.from({ length: times }, () => guess(guesses, source)).filter((refusal) => refusal === undefined).length

describe('wrong keys', () => {
  test('are looked up 30 times at once, then once every two seconds', () => {
    const { guesses, time } = setting()
    expect(admitted(guesses, '192.0.2.1', 100)).toBe(30)
    time.now = 2 * SECOND - 1
    expect(admitted(guesses, '192.0.2.1', 5)).toBe(0)
    time.now = 2 * SECOND
    expect(admitted(guesses, '192.0.2.1', 5)).toBe(1)
    time.now = 600 * SECOND
    expect(admitted(guesses, '192.0.2.1', 100)).toBe(30)
  })

  test('beyond that are refused with the seconds to wait, and told to the trail once a minute', () => {
    const { guesses, time } = setting()
    admitted(guesses, '192.0.2.1', 30)
    const first = guess(guesses, '192.0.2.1')
    expect([first?.reason, first?.detail]).toEqual([
      'too_many_attempts',
      {
        message: 'Too many wrong keys came from this address. Try again in 2 s, with the right one.',
        retryAfter: 2,
        indicator: { indicator: 'key-guessing' },
      },
    ])
    expect(guess(guesses, '192.0.2.1')?.detail.indicator).toBeUndefined()
    let told = 0
    for (let second = 1; second <= 120; second += 1) {
      time.now = second * SECOND
      for (let turn = 0; turn < 5; turn += 1) if (guess(guesses, '192.0.2.1')?.detail.indicator) told += 1
    }
    expect(told).toBe(2)
  })

  test('count for each IPv4 address, and for an IPv6 /64 as a whole', () => {
    const { guesses } = setting()
    expect(admitted(guesses, '192.0.2.1', 40)).toBe(30)
    expect(admitted(guesses, '::ffff:192.0.2.1', 1)).toBe(0)
    expect(admitted(guesses, '192.0.2.2', 1)).toBe(1)
    expect(admitted(guesses, '2001:db8:0:1::1', 40)).toBe(30)
    expect(admitted(guesses, '2001:db8:0:1:ffff::9', 1)).toBe(0)
    expect(admitted(guesses, '2001:db8:0:2::1', 1)).toBe(1)
    expect(admitted(guesses, 'nonsense', 40)).toBe(30)
    expect(admitted(guesses, 'other nonsense', 1)).toBe(0)
  })

  test('cost nothing while they are refused: who stops guessing may try again two seconds later', () => {
    const { guesses, time } = setting()
    admitted(guesses, '192.0.2.1', 10_000)
    time.now = 2 * SECOND
    expect(guess(guesses, '192.0.2.1')).toBeUndefined()
  })
})

describe('a key that proved itself from a place where others guess', () => {
  test('is admitted for an hour from there, and from nowhere else', () => {
    const { guesses, time } = setting()
    guesses.right('192.0.2.1', CREDENTIAL)
    for (const source of ['192.0.2.1', '192.0.2.2']) admitted(guesses, source, 100)
    expect(() => guesses.admit('192.0.2.1', CREDENTIAL)).not.toThrow()
    expect(() => guesses.admit('192.0.2.2', CREDENTIAL)).toThrow('Too many wrong keys')
    time.now = 3600 * SECOND - 1
    admitted(guesses, '192.0.2.1', 100)
    expect(() => guesses.admit('192.0.2.1', CREDENTIAL)).not.toThrow()
    time.now = 3600 * SECOND
    expect(() => guesses.admit('192.0.2.1', CREDENTIAL)).toThrow('Too many wrong keys')
  })

  test('cannot be locked out by whoever knows its id, nor lends them its place', async () => {
    const scene = keyScene()
    await show(scene)
    let looked = 0
    for (let turn = 0; turn < 1000; turn += 1) {
      const credential = `sp_k7_${String(turn).padStart(32, '0')}`
      if ((await refusalTo(scene, { credential }))[0].startsWith('unauthenticated')) looked += 1
    }
    expect(looked).toBe(30)
    expect((await show(scene))?.id).toBe('intake')
  })

  test('is one more guess once it is wrong', () => {
    const { guesses } = setting()
    guesses.right('192.0.2.1', CREDENTIAL)
    admitted(guesses, '192.0.2.1', 100)
    expect(guess(guesses, '192.0.2.1', CREDENTIAL)).toBeUndefined()
    expect(guess(guesses, '192.0.2.1', CREDENTIAL)?.reason).toBe('too_many_attempts')
  })
})

const place = (at: number) => `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}`

describe('more places than are remembered', () => {
  test('have together no more tries than 10,000 rows', () => {
    const { guesses } = setting()
    let total = 0
    for (let turn = 0; turn < 31; turn += 1) {
      for (let at = 0; at < 10_001; at += 1) if (guess(guesses, place(at)) === undefined) total += 1
    }
    expect(total).toBe(300_000)
    // Fresh addresses bring no fresh tries.
    expect(Array.from({ length: 1000 }, (_, at) => guess(guesses, place(20_000 + at))?.reason)).toEqual(
      Array.from({ length: 1000 }, () => 'too_many_attempts'),
    )
  })

  test('take no more memory, however many they are', () => {
    const { guesses } = setting()
    const used = (): number => {
      Bun.gc(true)
      return process.memoryUsage().heapUsed
    }
    for (let at = 0; at < 20_000; at += 1) guess(guesses, place(at))
    const before = used()
    for (let at = 20_000; at < 220_000; at += 1) guess(guesses, place(at))
    const after = used()
    // 200,000 rows are some 20 MB. What is not used any more would have been freed altogether.
    guess(guesses, place(0))
    expect(after - before).toBeLessThan(5_000_000)
  })

  test('get tries again as the rows refill', () => {
    const { guesses, time } = setting()
    for (let at = 0; at < 10_000; at += 1) admitted(guesses, place(at), 30)
    time.now = 2 * SECOND
    expect(admitted(guesses, '192.0.2.1', 3)).toBe(1)
  })

  test('who is new finds one that has tries although others have none', () => {
    const { guesses } = setting()
    for (let at = 0; at < 10_000; at += 1) guess(guesses, place(at))
    for (let at = 0; at < 20; at += 1) admitted(guesses, place(at), 30)
    expect(admitted(guesses, '192.0.2.1', 3)).toBe(2)
  })

  test('who is refused still has to wait although thousands of others guess once', () => {
    const { guesses } = setting()
    admitted(guesses, '192.0.2.1', 31)
    for (let at = 0; at < 9_999; at += 1) guess(guesses, place(at))
    expect(guess(guesses, '192.0.2.1')?.reason).toBe('too_many_attempts')
  })
})

test('of 100,000 guesses from one place no more than 30, and one every two seconds, are looked up', async () => {
  const scene = keyScene()
  for (let turn = 0; turn < 100_000; turn += 1) {
    // A thousand a second, for 100 seconds.
    scene.time.monotonic = turn * 1000
    await refusalTo(scene, { credential: `sp_k7_${String(turn).padStart(32, '0')}` })
  }
  expect(scene.found.length).toBeLessThanOrEqual(30 + 50)
  expect(scene.found.length).toBeGreaterThan(70)
})
