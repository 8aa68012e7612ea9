// No step can be skipped: each line below is refused by the compiler, and stops compiling this file the day it is not.
// None of it runs; `npm run check` compiles it, and the test below compiles it without its excuses.
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'bun:test'
import type { Target } from '#access/target.ts'
import type { Stamp } from '#access/trail.ts'
import { approve, type Permit, type SendPermit } from './approve.ts'
import { type Allowed, type DecidedTarget, decide, type Decided } from './decide.ts'
import { examine, type Seen } from './examine.ts'
import type { Exchange } from './exchange.ts'
import { forward } from './forward.ts'
import type { Gate } from './gate.ts'
import { record, type Receipt } from './record.ts'
import type { Wish } from './wish.ts'

interface Made {
  readonly exchange: Exchange
  readonly gate: Gate
  readonly wish: Wish
  readonly seen: Seen
  readonly decision: Decided
  readonly receipt: Receipt
  readonly permit: SendPermit
  readonly target: Target
  readonly stamp: Stamp
}

export async function skips({
  exchange,
  gate,
  wish,
  seen,
  decision,
  receipt,
  permit,
  target,
  stamp,
}: Made): Promise<void> {
  // @ts-expect-error a wish that was not examined cannot be decided
  decide(wish, gate)
  // @ts-expect-error nor can something that merely looks examined
  decide({ wish, findings: [] }, gate)
  // @ts-expect-error a decision that nobody made cannot be recorded
  await record(seen, { effect: 'allow', by: { policies: [], erring: [] }, targets: [] }, gate)
  // @ts-expect-error a decision is no receipt
  await approve(seen, decision, decision, gate)
  // @ts-expect-error nor is the trail's stamp alone
  await approve(seen, decision, { effect: 'allow', stamp, decision, seen }, gate)
  // @ts-expect-error nothing is forwarded without a permit
  await forward(wish, gate)
  // @ts-expect-error nor with a receipt in its place
  await forward(receipt, gate)
  // @ts-expect-error nor for an exchange
  await forward(exchange, gate)
  // @ts-expect-error a permit cannot be written by hand
  const forged: Permit = { kind: 'own', exchange: '', account: permit.account, answer: () => ({}) }
  // @ts-expect-error a target that was not decided is not one to forward to
  const undecided: DecidedTarget = target
  // @ts-expect-error nor is one that names its provider
  const named: DecidedTarget = { ...target, at: permit.targets[0]?.at }
  // @ts-expect-error a permit's targets cannot be replaced
  permit.targets = [undecided, named]
  // @ts-expect-error a denial is not an allow
  const allowed: Allowed = decision
  // This is the way: what examine, decide, record and approve return is what the next step takes.
  const examined = await examine(wish, gate)
  const decided = decide(examined, gate)
  await forward(await approve(examined, decided, await record(examined, decided, gate), gate), gate)
  void [forged, allowed]
}

const ROOT = join(import.meta.dir, '../..')
const EXCUSE = /^ *\/\/ @ts-expect-error .*$/gm

test('the compiler refuses every short cut, and says so where one is tried', async () => {
  const source = await readFile(import.meta.path, 'utf8')
  // Beside the original, so that its imports mean the same; named so that no other compilation sees it.
  const bare = join(import.meta.dir, `.short-cuts-${process.pid}.ts`)
  await writeFile(bare, source.replaceAll(EXCUSE, '//'))
  const config = join(import.meta.dir, `.short-cuts-${process.pid}.json`)
  await writeFile(config, JSON.stringify({ extends: '../../tsconfig.json', include: [], files: [bare] }))
  try {
    const tsc = Bun.spawnSync([join(ROOT, 'node_modules/.bin/tsc'), '-p', config], { cwd: ROOT })
    const errors = tsc.stdout.toString().matchAll(/short-cuts-\d+\.ts\((\d+),/g)
    const lines = new Set([...errors].map(([, line]) => Number(line)))
    const tried = source
      .split('\n')
      .flatMap((line, index) => (line.trim().startsWith('// @ts-expect-error ') ? [index + 2] : []))
    expect(tried.length).toBe(13)
    expect([...lines].sort((left, right) => left - right)).toEqual(tried)
  } finally {
    await Promise.all([rm(bare), rm(config)])
  }
}, 30_000)
