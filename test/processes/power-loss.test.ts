// A machine that loses its power comes back with what was synced, and nothing else is sure. What a receipt of tier 3 was
// given for, and what anybody saw signed, must be there; and the log must open.
import { afterAll, expect, test } from 'bun:test'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import type { Stamp } from '#access/trail.ts'
import type { AuditLog } from '#audit/audit-log.ts'
import { openLog } from '#audit/open-log.ts'
import { type ReadEntry, readEntries } from '#audit/read.ts'
import {
  countedRandom,
  decisionOf,
  exchangeId,
  hastyFiles,
  makeHome,
  openTestLog,
  outcomeOf,
  removeHomes,
  steppingClock,
} from '#audit/test-log.ts'
import { verifyLog } from '#audit/verify/verify-log.ts'
import { tileLeaves, treeHash } from './leaves.ts'
import { diskFiles, type Files } from '#audit/files.ts'
import { makeProvider } from '#demo/provider.ts'
import { type DiskOptions, type LosingDisk, makeLosingDisk } from '../doubles/losing-disk.ts'
import { exchangeOf, PROVIDER_SECRET, type Rig, says, startRig } from '../rig.ts'

afterAll(removeHomes)

const STEPS = ['decide', 'decide for tier 3', 'close one', 'integrate', 'wait', 'restart', 'kill -9', 'large'] as const
type Step = (typeof STEPS)[number]

/** The same numbers again from the same seed. */
function chanceOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Lives through the steps until the power goes; gives the receipts of tier 3 that were had before. */
async function live(disk: LosingDisk, steps: readonly Step[], dies?: number): Promise<readonly Stamp[]> {
  const promised: Stamp[] = []
  const clock = steppingClock()
  const open: number[] = []
  let boots = 0
  let exchanges = 0
  let process = disk.boot()
  const begin = async (most?: number): Promise<AuditLog> => {
    process = disk.boot(most)
    const { files } = process
    const random = countedRandom(`boot ${boots++}`)
    return openLog({ directory: '/audit', keys: '/keys', log: 'gateway-0', clock, random, files, interval: 3_600_000 })
  }
  const decide = async (log: AuditLog, durable: 'process' | 'machine', bytes = 0): Promise<void> => {
    const exchange = exchanges++
    const boot = boots
    const padded = bytes === 0 ? {} : { reason: 'r'.repeat(bytes) }
    const stamp = await log.append({ ...decisionOf(exchangeId(exchange)), ...padded }, durable).catch(() => undefined)
    if (stamp && durable === 'machine' && !disk.over) promised.push(stamp)
    if (stamp && boots === boot) open.push(exchange)
  }
  try {
    // A first start that comes to its end after some operations.
    if (dies !== undefined) await begin(dies).catch(() => undefined)
    process.kill()
    let log = await begin()
    for (const step of steps) {
      if (step === 'decide') void decide(log, 'process')
      if (step === 'decide for tier 3') void decide(log, 'machine')
      if (step === 'large') void decide(log, 'process', 30_000)
      const closed = step === 'close one' ? open.shift() : undefined
      if (closed !== undefined) void log.append(outcomeOf(exchangeId(closed)), 'process').catch(() => undefined)
      if (step === 'integrate') void log.integrate().catch(() => undefined)
      if (step === 'wait') await new Promise((resolve) => setImmediate(resolve))
      if (step === 'restart') await log.close()
      if (step === 'kill -9') process.kill()
      // What was open is closed by the next process, and by nobody else.
      if (step === 'restart' || step === 'kill -9') open.length = 0
      if (step === 'restart' || step === 'kill -9') log = await begin()
      if (disk.over) return promised
    }
    await log.close()
  } catch (error) {
    // The power went, or the disk failed where a start cannot do without it; promises from before count.
    if (!/gone|EIO|be opened/.test(String(error))) throw error
  }
  disk.cutNow()
  return promised
}

async function expectWhole(disk: LosingDisk, promised: readonly Stamp[]): Promise<void> {
  const home = await makeHome()
  await disk.restore(join(home.audit, '..'))
  const log = await openTestLog(home, { seed: 'after the loss', files: hastyFiles })
  await log.close()
  const directory = join(home.audit, 'gateway-0')
  expect((await verifyLog(directory)).problems).toEqual([])
  const entries = await Array.fromAsync(readEntries(directory))
  for (const { index, id } of promised) expect(entries[index]?.id).toBe(id)
  expectClosed(entries)
  const leaves = await tileLeaves(directory, entries.length)
  for (const { index, hash } of promised) expect(leaves[index]?.toString('hex')).toBe(hash)
  for (const text of disk.seen('checkpoint')) {
    const [, size, root] = text.split('\n', 3)
    expect(treeHash(leaves.slice(0, Number(size))).toString('base64')).toBe(root ?? '')
  }
  await rm(join(home.audit, '..'), { recursive: true })
}

/** Exactly one outcome for each decision, and nothing twice. */
function expectClosed(entries: readonly ReadEntry[]): void {
  const of = (kind: string) => entries.filter((entry) => entry.kind === kind).map((entry) => entry['exchange'])
  expect(of('outcome').sort()).toEqual(of('decision').sort())
  expect(new Set(of('decision')).size).toBe(of('decision').length)
  expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length)
}

async function survive(options: DiskOptions, steps: readonly Step[], dies?: number): Promise<void> {
  const disk = makeLosingDisk(options)
  const promised = await live(disk, steps, dies)
  await expectWhole(disk, promised)
}

const scene = {
  steps: fc.array(fc.constantFrom(...STEPS), { minLength: 1, maxLength: 40 }),
  cut: fc.nat({ max: 260 }),
  seed: fc.integer(),
  spares: fc.constantFrom('nothing' as const, 'beginnings' as const),
  made: fc.boolean(),
  dies: fc.option(fc.nat({ max: 30 }), { nil: undefined }),
}
const RUNS = Number(process.env['SALLYPORT_TEST_LOSSES'] ?? 150)

test('wherever the power goes, the log opens, holds what tier 3 was promised and what anybody saw signed, and verifies', async () => {
  const property = fc.asyncProperty(fc.record(scene), ({ steps, cut, seed, spares, made, dies }) =>
    survive({ chance: chanceOf(seed), cut, spares, ...(made ? { made: ['/audit', '/keys'] } : {}) }, steps, dies),
  )
  await fc.assert(property, { numRuns: RUNS })
}, 120_000)

test('the same with a disk on which some operations fail before that', async () => {
  const property = fc.asyncProperty(
    fc.record({ ...scene, faults: fc.uniqueArray(fc.integer({ min: 20, max: 200 }), { maxLength: 3 }) }),
    ({ steps, cut, seed, spares, faults }) =>
      survive({ chance: chanceOf(seed), cut, spares, fails: (operation) => faults.includes(operation) }, steps),
  )
  await fc.assert(property, { numRuns: RUNS })
}, 120_000)

test('where the journal goes on in a new segment because the last one is long, the new one never stands without the old', async () => {
  const flood = Array.from({ length: 285 }, (): Step => 'large')
  const late = Array.from({ length: 40 }, (): readonly Step[] => ['wait', 'decide']).flat()
  let began = false
  await survive(
    {
      chance: () => 0.1,
      spares: 'nothing',
      cut: Infinity,
      cutBehind: (operation, path) => {
        if (operation === 'create' && path.endsWith('journal/00000002')) began = true
        return began && operation === 'settleDirectory'
      },
    },
    [...flood, 'integrate', ...late],
  )
  expect(began).toBe(true)
}, 20_000)

test('a checkpoint that anybody could see stands, though a sync had failed before it and the power goes before its name is sure', async () => {
  let syncs = 0
  let checkpoints = 0
  await survive(
    {
      chance: () => 0.1,
      spares: 'nothing',
      cut: Infinity,
      // The first of each is of the birth of the log.
      fails: (_number, operation) => operation === 'sync' && ++syncs === 2,
      cutBehind: (operation, path) => operation === 'rename' && path.endsWith('/checkpoint') && ++checkpoints === 2,
    },
    ['decide', 'decide', 'integrate', ...Array.from({ length: 60 }, (): Step => 'wait')],
  )
  expect([syncs, checkpoints]).toEqual([2, 2])
})

interface Happening {
  readonly what: 'written' | 'sync begun' | 'sync over' | 'asked'
  readonly text: string
}

/** A gate on the real disk, whose syncs last until they are let go, and whose provider says when it is asked. */
async function watchedRig() {
  const happened: Happening[] = []
  let held: PromiseWithResolvers<void> | undefined
  const auditFiles: Files = {
    ...diskFiles,
    write(file, bytes, from) {
      happened.push({ what: 'written', text: Buffer.from(bytes).toString() })
      return diskFiles.write(file, bytes, from)
    },
    async sync(file) {
      happened.push({ what: 'sync begun', text: '' })
      await held?.promise
      await diskFiles.sync(file)
      happened.push({ what: 'sync over', text: '' })
    },
  }
  const provider = makeProvider({ credential: PROVIDER_SECRET })
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      happened.push({ what: 'asked', text: await request.clone().text() })
      return provider.fetch(request)
    },
  })
  const rig = await startRig({ auditFiles, provider: `http://127.0.0.1:${server.port}` })
  return {
    rig,
    happened,
    hold: () => void (held = Promise.withResolvers()),
    release: () => held?.resolve(),
    stop: async (): Promise<void> => {
      held?.resolve()
      await rig.stop()
      await server.stop(true)
    },
  }
}

const askRecords = (rig: Rig, mark: string, stream: boolean): Promise<Response> =>
  rig.ask('alice', { model: 'clinic-records', messages: says(mark), stream })

const asked = (happened: readonly Happening[], mark: string): number =>
  happened.findIndex(({ what, text }) => what === 'asked' && text.includes(mark))

test('in tier 3 the decision is synced before the provider sees a byte, for streams as for plain answers', async () => {
  const { rig, happened, stop } = await watchedRig()
  const marks = Array.from({ length: 24 }, (_, number) => `mark-${number}-`)
  await Promise.all(
    marks.map(async (mark, number) => {
      const response = await askRecords(rig, mark, number % 2 === 0)
      expect(response.status).toBe(200)
      await response.text()
      const exchange = exchangeOf(response)
      const isDecision = ({ what, text }: Happening): boolean =>
        what === 'written' && text.includes(exchange) && text.includes('"kind":"decision"')
      const written = happened.findIndex(isDecision)
      const begun = happened.findIndex(({ what }, at) => what === 'sync begun' && at > written)
      // A sync that had begun before the entry was written says nothing of it: the next one that begins does.
      const over = happened.findIndex(({ what }, at) => what === 'sync over' && at > begun)
      expect(written).toBeGreaterThan(-1)
      expect(begun).toBeGreaterThan(written)
      expect(asked(happened, mark)).toBeGreaterThan(over)
    }),
  )
  await stop()
})

test('while a sync lasts, tier 3 waits for it and tier 1 does not', async () => {
  const { rig, happened, hold, release, stop } = await watchedRig()
  hold()
  const waiting = [askRecords(rig, 'waits-plain', false), askRecords(rig, 'waits-stream', true)]
  const decisions = (): number =>
    happened.filter(({ what, text }) => what === 'written' && text.includes('"kind":"decision"')).length
  while (decisions() < 2) await Bun.sleep(1)
  const passing = await rig.ask('alice', { model: 'clinic-small', messages: says('passes') })
  expect(passing.status).toBe(200)
  expect(asked(happened, 'passes')).toBeGreaterThan(-1)
  expect([asked(happened, 'waits-plain'), asked(happened, 'waits-stream')]).toEqual([-1, -1])
  release()
  for (const response of await Promise.all(waiting)) expect(response.status).toBe(200)
  expect(asked(happened, 'waits-plain')).toBeGreaterThan(-1)
  expect(asked(happened, 'waits-stream')).toBeGreaterThan(-1)
  await stop()
})

test('in tier 3 the outcome is written before the answer is whole, once', async () => {
  const { rig, happened, stop } = await watchedRig()
  const [plain, stream] = await Promise.all([askRecords(rig, 'plain', false), askRecords(rig, 'stream', true)])
  await Promise.all([plain.text(), stream.text()])
  for (const response of [plain, stream]) {
    const isOutcome = ({ what, text }: Happening): boolean =>
      what === 'written' && text.includes(exchangeOf(response)) && text.includes('"kind":"outcome"')
    expect(happened.filter(isOutcome).length).toBe(1)
  }
  await stop()
})
