// A write that was cut off, at every byte where it can be.
import { afterAll, expect, test } from 'bun:test'
import { cp, readFile, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { Stamp } from '#access/trail.ts'
import { readEntries } from './read.ts'
import {
  decisionOf,
  exchangeId,
  hastyFiles,
  makeHome,
  openTestLog,
  outcomeOf,
  removeHomes,
  type TestHome,
} from './test-log.ts'
import { verifyLog } from './verify/verify-log.ts'

afterAll(removeHomes)

const logOf = (home: TestHome) => join(home.audit, 'gateway-0')

async function copyOf(home: TestHome): Promise<TestHome> {
  const copy = await makeHome()
  await cp(home.audit, copy.audit, { recursive: true })
  await cp(home.keys, copy.keys, { recursive: true })
  return copy
}

const idsOf = (stamps: readonly { id: string }[]) => stamps.map(({ id }) => id)

test('a journal cut at any byte gives back every entry before the cut, and the log verifies', async () => {
  const home = await makeHome()
  const log = await openTestLog(home)
  const decision = { ...decisionOf(exchangeId(1)), policies: [], checks: [], bundle: '' }
  const ends: number[] = []
  const stamps: Stamp[] = []
  const journal = join(logOf(home), 'journal/00000001')
  const start = (await readFile(journal)).length
  for (const entry of [decision, outcomeOf(exchangeId(1))]) {
    stamps.push(await log.append(entry, 'process'))
    ends.push((await readFile(journal)).length)
  }
  const last = ends.at(-1) ?? 0
  for (let cut = start; cut <= last; cut++) {
    const copy = await copyOf(home)
    await truncate(join(logOf(copy), 'journal/00000001'), cut)
    const whole = ends.filter((end) => end <= cut).length
    const again = await openTestLog(copy, { seed: 'again', files: hastyFiles })
    expect(again.recovered.entries).toBe(whole)
    await again.close()
    const entries = await Array.fromAsync(readEntries(logOf(copy)))
    expect(idsOf(entries).slice(1, 1 + whole)).toEqual(idsOf(stamps).slice(0, whole))
    expect(entries.map(({ kind }) => kind).slice(1)).toEqual(whole === 0 ? [] : ['decision', 'outcome'])
    expect((await verifyLog(logOf(copy))).problems).toEqual([])
  }
}, 30_000)
