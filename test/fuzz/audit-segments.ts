// A journal segment, damaged anyhow, gives only entries that were written, from the first on; who has the key finds each of them in
// its place, or tells; and two readers that share no code find the same ones.
import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { Frame, makeFrame } from '#audit/frame.ts'
import { checkChain, makeChain } from '#audit/journal-chain.ts'
import { makeHead, readSegment, type Segment } from '#audit/segment.ts'
import { judgeJournal } from '#audit/verify/journal-tail.ts'
import { Findings } from '#audit/verify/report.ts'
import { type Damage, damage } from './parts/damage.ts'
import type { FuzzTarget } from './parts/target.ts'

const RUNS = 60
const COUNTED = 8
const KEY = Buffer.alloc(32, 7)
const SEQUENCE = 1

const segment = fc.record({
  first: fc.nat({ max: 1_000 }),
  open: fc.array(fc.constantFrom('01KDYAK3SE0000000000000001', '01KDYAK3SE0000000000000002'), { maxLength: 2 }),
  entries: fc.array(
    fc.record({ kind: fc.constantFrom('decision', 'outcome'), text: fc.string({ unit: 'binary', maxLength: 60 }) }),
    { maxLength: 6 },
  ),
})
type Written = (typeof segment extends fc.Arbitrary<infer T> ? T : never) & { readonly bytes: Buffer }

const written: fc.Arbitrary<Written> = segment.map(({ first, open, entries }) => {
  const head = makeHead({ log: 'gateway-0', first, root: '0f'.repeat(32), life: 'f0'.repeat(16), open })
  const chain = makeChain(KEY)
  chain.begin(new Frame(head), SEQUENCE)
  const frames = entries.map((entry, at) => {
    const frame = makeFrame(JSON.stringify(entry))
    chain.seal(frame, first + at)
    chain.follow(frame)
    return frame.bytes
  })
  return { first, open, entries, bytes: Buffer.concat([head, ...frames]) }
})

export const target: FuzzTarget = {
  name: 'audit-segments',
  async run(seed) {
    fc.assert(fc.property(written, fc.nat(), judgeCut), { seed, numRuns: RUNS })
    fc.assert(fc.property(written, damage, judgeDamage), { seed, numRuns: RUNS })
    await fc.assert(fc.asyncProperty(written, damage, judgeCount), { seed, numRuns: COUNTED })
    return 2 * RUNS + COUNTED
  },
}

const textsOf = (read: Segment): readonly string[] => read.entries.map(({ entry }) => entry.toString())

/** As a crash leaves it: whole entries before the cut, all of them, and the rest counted as torn. */
function judgeCut({ entries, bytes, first, open }: Written, at: number): void {
  const cut = bytes.subarray(0, at % (bytes.length + 1))
  const read = readSegment(cut)
  if (!read) {
    ok(cut.length < 36 + bytes.readUInt32BE(0))
    return
  }
  deepStrictEqual([read.first, read.open], [first, open])
  const all = entries.map((entry) => JSON.stringify(entry))
  deepStrictEqual(textsOf(read), all.slice(0, read.entries.length))
  const whole = read.entries.reduce((sum, frame) => sum + frame.bytes.length, 36 + bytes.readUInt32BE(0))
  strictEqual(read.torn, cut.length - whole)
  const next = all[read.entries.length]
  if (next !== undefined) ok(read.torn < 52 + Buffer.byteLength(next))
}

function judgeDamage({ entries, bytes }: Written, broken: Damage): void {
  const read = readOrRefuse(broken(bytes))
  const all = new Set([...entries.map((entry) => JSON.stringify(entry)), headText(bytes)])
  // What its hash does not vouch for is no entry; what it does may have been put elsewhere.
  for (const text of read ? textsOf(read) : []) ok(all.has(text), text)
  if (!read) return
  // What the chain vouches for stands where it was written.
  const chain = checkChain(KEY)
  if (!chain.isHead(read.head, SEQUENCE)) return
  const known = read.entries.findIndex((frame, at) => !chain.isNext(frame, read.first + at))
  const count = known < 0 ? read.entries.length : known
  const written = entries.slice(0, count).map((entry) => JSON.stringify(entry))
  deepStrictEqual(textsOf(read).slice(0, count), written)
}

const headText = (bytes: Buffer): string => bytes.subarray(52, 36 + bytes.readUInt32BE(0)).toString()

/** An Error that says why is the other answer. */
function readOrRefuse(bytes: Buffer): Segment | undefined {
  try {
    return readSegment(bytes)
  } catch (error) {
    if (error instanceof Error && /journal segment/.test(error.message)) return undefined
    throw error
  }
}

async function judgeCount({ bytes }: Written, broken: Damage): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-fuzz-'))
  try {
    const damaged = broken(bytes)
    await mkdir(join(directory, 'journal'))
    await writeFile(join(directory, 'journal', '00000001'), damaged)
    const read = readOrRefuse(damaged)
    const covered = { size: 0, sizeNow: async () => Infinity, signedHashes: async () => undefined }
    const waiting = await judgeJournal(directory, covered, new Findings())
    strictEqual(waiting, read ? read.first + read.entries.length : 0)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
