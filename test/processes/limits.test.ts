// Four workers, a thousand callers at once: a limit of K lets K through, in all, and what was spent is what the logs say.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type ReadEntry, readEntries } from '#audit/read.ts'
import { openShares } from '#store/shares.ts'
import { CLINIC, CLINIC_YAML } from '../rig.ts'
import { type OwnWorld, ownWorld } from './own-world.ts'
import { type Program, type Sandbox, sandbox, until } from './sandbox.ts'

const CALLERS = 1_000
const NAMES = ['one', 'seven', 'sliding', 'many', 'killed', 'spend']

const LIMITED = {
  ...CLINIC,
  'sallyport.yaml': `${CLINIC_YAML.replace('{ first-byte: 2s, idle: 1s }', '{ first-byte: 60s, idle: 60s }').replace(
    'models:\n',
    `models:\n${NAMES.map((name) => `  ${name}: { system: clinic, use: [harbor/harbor-small], price: { input: 3, output: 7 } }\n`).join('')}`,
  )}
limits:
  - { per: model, requests: 1/month, only: { models: [one] } }
  - { per: user, requests: 7/day, only: { models: [seven] } }
  - { per: model, requests: 90/day, sliding: true, only: { models: [sliding] } }
  - { per: team, requests: 640/month, only: { models: [many] } }
  - { per: model, requests: 400/month, only: { models: [killed] } }
  - { per: team, spend: 0.004 USD/month, only: { models: [spend] } }
`,
}

let place: Sandbox
let world: OwnWorld
let program: Program
let token: string

beforeAll(async () => {
  place = await sandbox()
  world = await ownWorld(place.cwd, LIMITED)
  program = place.start(['start', '--bundle', world.bundle, '--log', 'off'], { SALLYPORT_WORKERS: '4' })
  await program.says(/^Sallyport is ready/m)
  token = await world.issuer.mint('alice')
}, 30_000)
afterAll(async () => {
  await place.remove()
  await world.stop()
})

/** 0: the connection was cut. */
async function ask(model: string, content = model): Promise<number> {
  try {
    const response = await fetch(`http://127.0.0.1:${place.port}/v1/chat/completions`, {
      method: 'POST',
      // A connection of its own: the kernel picks a worker for it.
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ model, max_tokens: 40, messages: [{ role: 'user', content: `about ${content}` }] }),
    })
    await response.arrayBuffer()
    return response.status
  } catch {
    return 0
  }
}

const crowd = (model: string, callers = CALLERS): Promise<readonly number[]> =>
  Promise.all(Array.from({ length: callers }, () => ask(model)))

const count = (statuses: readonly number[], status: number): number => statuses.filter((each) => each === status).length

const seenBy = (model: string): number => world.seen.filter((body) => body.includes(`about ${model}"`)).length

test.each([
  ['one', 1],
  ['seven', 7],
  ['sliding', 90],
])(
  'a limit of %s: of a thousand callers at once exactly %i pass',
  async (model, most) => {
    const statuses = await crowd(model)
    expect({ passed: count(statuses, 200), refused: count(statuses, 429), seen: seenBy(model) }).toEqual({
      passed: most,
      refused: CALLERS - most,
      seen: most,
    })
  },
  60_000,
)

test('a limit of many: never more, and when workers have given back what lay unused, no fewer', async () => {
  const first = count(await crowd('many'), 200)
  expect(first).toBeLessThanOrEqual(640)
  // What another worker had taken ahead, of a limit of which much was left: a sixty-fourth each, at most.
  expect(first).toBeGreaterThanOrEqual(640 - 3 * 10)
  let passed = first
  await until('all of it is used', async () => {
    passed += count(await crowd('many', 20), 200)
    return passed >= 640
  })
  expect(seenBy('many')).toBe(640)
}, 60_000)

test('a worker that is killed -9 in the middle takes a little with it, and lets nobody pass beyond', async () => {
  const crowding = crowd('killed')
  await until('some have passed', () => Promise.resolve(seenBy('killed') > 40))
  const worker = [...(await program.members())].find(([, command]) => command.includes('--worker 2'))
  expect(worker).toBeDefined()
  if (worker) process.kill(worker[0], 'SIGKILL')
  await crowding
  for (let turn = 0; turn < 5; turn++) await crowd('killed', 100)
  await until('it is used up', async () => (await ask('killed')) === 429)
  expect(seenBy('killed')).toBeLessThanOrEqual(400)
  expect(seenBy('killed')).toBeGreaterThan(200)
}, 90_000)

async function recorded(): Promise<readonly ReadEntry[]> {
  const logs = [0, 1, 2, 3].map((worker) => join(place.home, 'audit', `gateway-${worker}`))
  return (await Promise.all(logs.map((log) => Array.fromAsync(readEntries(log))))).flat()
}

test('what was spent is to the millionth what the outcomes of all workers say', async () => {
  const words = 'one two three four five six seven eight nine ten'.split(' ')
  const statuses = await Promise.all(
    Array.from({ length: 400 }, (_, turn) => ask('spend', words.slice(0, 1 + (turn % words.length)).join(' '))),
  )
  expect(count(statuses, 200)).toBeGreaterThan(10)
  expect(count(statuses, 429)).toBeGreaterThan(10)
  const entries = await recorded()
  const decided = new Set(
    entries
      .filter((entry) => entry.kind === 'decision' && (entry['resource'] as { id?: string }).id === 'spend')
      .map((entry) => entry['exchange']),
  )
  let spent = 0
  for (const entry of entries) {
    if (entry.kind !== 'outcome' || entry['status'] !== 200 || !decided.has(entry['exchange'])) continue
    const { input = 0, output = 0 } = entry['usage'] as { input?: number; output?: number }
    spent += 3 * input + 7 * output
  }
  expect(spent).toBeLessThanOrEqual(4_000)
  const month = new Date().toISOString().slice(0, 7)
  const shares = openShares(join(place.home, 'runtime.db'))
  const key = `["spend","team","month",null,["spend"],null,null] "clinicians" ${month}`
  await until('all of it is settled', () => Promise.resolve(shares.taken(key) === spent))
  shares.close()
}, 60_000)
