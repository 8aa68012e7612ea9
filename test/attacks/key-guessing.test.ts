// Threat: somebody tries keys until one fits. A place has 30 tries, and one more every two seconds, on all routes together;
// beyond that nothing is looked up. Whoever has a right key that is in use there goes on working.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { exchangeOf } from '../rig.ts'
import { bearer, KEY_ROUTES, type KeyWorld, post, startKeyWorld } from './key-world.ts'
import { providerCount } from './record.ts'

const GUESSES = 210

let world: KeyWorld
beforeAll(async () => {
  world = await startKeyWorld()
})
afterAll(() => world.stop())

const routeOf = (turn: number) => KEY_ROUTES[turn % KEY_ROUTES.length] ?? { path: '/', body: {} }
const chat = (credential: string) => post(world.rig, routeOf(0), bearer(credential))

test('guesses end after thirty; a key in use and a person’s token go on, and a reload forgives nothing', async () => {
  const { rig } = world
  const inUse = await world.make()
  const idle = await world.make()
  expect((await chat(inUse.credential)).status).toBe(200)
  const before = await providerCount(rig)
  const start = performance.now()

  // Known and unknown ids by turns, on every route, many at once.
  const guessed = (turn: number): string =>
    `sp_${turn % 2 ? inUse.id : 'nobody000000'}_${String(turn).padStart(32, 'G')}`
  const answers: Response[] = []
  for (let turn = 0; turn < GUESSES; turn += 30) {
    const batch = Array.from({ length: 30 }, (_, at) => post(rig, routeOf(turn + at), bearer(guessed(turn + at))))
    answers.push(...(await Promise.all(batch)))
  }
  const looked = answers.filter(({ status }) => status === 401)
  const denied = answers.filter(({ status }) => status === 429)
  const most = 30 + Math.ceil((performance.now() - start) / 2000)
  expect(looked.length).toBeGreaterThanOrEqual(30)
  expect(looked.length).toBeLessThanOrEqual(most)
  expect(denied.length).toBe(GUESSES - looked.length)
  for (const response of denied) {
    expect(Number(response.headers.get('retry-after'))).toBeWithin(1, 3)
    expect(await response.text()).toContain('Too many wrong keys came from this address')
  }

  // Not to be locked out: the key in use, and whoever is proven otherwise. A key that is new here has to wait.
  expect((await chat(inUse.credential)).status).toBe(200)
  expect((await rig.ask('alice', routeOf(0).body)).status).toBe(200)
  await rig.inForce.reload()
  expect((await chat(inUse.credential)).status).toBe(200)
  const others = Array.from({ length: 20 }, (_, at) => chat(guessed(1000 + at)))
  expect((await chat(idle.credential)).status).toBe(429)
  expect((await Promise.all(others)).map(({ status }) => status)).toContain(429)
  expect(await providerCount(rig)).toBe(before + 3)

  // Each is recorded; the sign stands once; and what was guessed stands nowhere.
  const last = denied.at(-1)
  if (!last) throw new Error('none was denied')
  const { decision, outcome } = await rig.settled(exchangeOf(last))
  expect(decision).toMatchObject({ decision: 'deny', reason: 'too_many_attempts', source: '127.0.0.1' })
  expect(decision['principal']).toEqual({ type: 'Anonymous', id: 'anonymous', chain: [] })
  expect(outcome).toMatchObject({ status: 429, ended: 'refused', reason: 'too_many_attempts' })
  const entries = await rig.entries()
  const signs = entries.filter(({ kind }) => kind === 'indicator')
  expect(signs).toHaveLength(1)
  expect(signs[0]).toMatchObject({ indicator: 'key-guessing', source: '127.0.0.1' })
  for (const answer of answers) {
    const kinds = entries.filter((entry) => entry['exchange'] === exchangeOf(answer)).map(({ kind }) => kind)
    expect(kinds.slice(-2)).toEqual(['decision', 'outcome'])
  }
  const written = `${JSON.stringify(entries)}${rig.log.join('\n')}`
  expect(written).not.toContain('GGGGGGGG')
  expect(written).not.toContain(inUse.secret.slice(0, 12))
})
