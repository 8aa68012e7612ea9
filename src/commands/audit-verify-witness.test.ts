import { afterEach, expect, jest, spyOn, test } from 'bun:test'
import type { Look } from '#upstream/look.ts'
import { makeCosigner } from '#audit/witness/cosigner.ts'
import { readWitnesses } from './audit-verify-witness.ts'

const KEY = makeCosigner(Buffer.alloc(32, 9), 'witness.example/w1').verifierKey
afterEach(() => jest.restoreAllMocks())

/** A witness that names so many logs and takes so long for each answer. The clock is the test's. */
function slowWitness(logs: number, milliseconds: number) {
  let now = 0
  spyOn(performance, 'now').mockImplementation(() => now)
  const asked = { most: 0, within: [] as number[] }
  let underWay = 0
  const answered = (bytes: string) => ({
    ok: true as const,
    status: 200,
    headers: new Headers(),
    bytes: Buffer.from(bytes),
    took: 0,
    ahead: 0,
  })
  const look: Look = async ({ url, within }) => {
    if (url.endsWith('/logs')) return answered(Array.from({ length: logs }, (_, at) => `l${at}\n`).join(''))
    asked.within.push(within)
    asked.most = Math.max(asked.most, (underWay += 1))
    await new Promise((resolve) => setImmediate(resolve))
    if (underWay === asked.most) now += milliseconds
    underWay -= 1
    return answered('x\n')
  }
  const read = () => readWitnesses(['http://witness.example'], [KEY], { cwd: '/' }, () => look)
  return { asked, read }
}

test('a witness that names many logs and is slow with each does not hold up a verification for long', async () => {
  const { asked, read } = slowWitness(10_000, 9_000)
  expect(String(await read().catch((error: unknown) => error))).toBe(
    'Error: the witness cannot be asked: http://witness.example took more than 60 s for it all',
  )
  expect(asked.most).toBe(8)
  expect(asked.within).toHaveLength(56)
  expect(asked.within.at(-1)).toBe(6_000)
})

test('a quick one is asked about all that it names', async () => {
  const { asked, read } = slowWitness(100, 1)
  expect((await read())[0]?.faults).toHaveLength(100)
  expect(asked.within).toHaveLength(100)
})
