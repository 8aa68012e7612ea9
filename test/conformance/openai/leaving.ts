// How soon a provider learns that its caller has gone.
import assert from 'node:assert/strict'
import type { Side } from '../suite.ts'
import { newMark, seenWith } from './client.ts'

/** Milliseconds until the provider knew that a request's caller had gone. */
export async function noticed(side: Side, mark: string): Promise<number> {
  const from = performance.now()
  for (;;) {
    const [request] = await seenWith(side, mark)
    const spent = performance.now() - from
    if (request?.aborted === true) return spent
    assert.ok(spent < 3_000, 'the provider did not learn within 3 s that its caller had gone')
    await Bun.sleep(2)
  }
}

/** The best of three, because this machine does other things, too. */
export async function soonEnough(side: Side, leave: (mark: string) => Promise<void>): Promise<string> {
  let best = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < 3 && best > 100; attempt += 1) {
    const mark = newMark()
    await leave(mark)
    best = Math.min(best, await noticed(side, mark))
  }
  assert.ok(best <= 100, `the provider noticed after ${Math.round(best)} ms`)
  return 'soon enough'
}
