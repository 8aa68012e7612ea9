import { afterAll, expect, test } from 'bun:test'
import type { AuditLog } from './audit-log.ts'
import { decisionOf, exchangeId, hastyFiles, makeHome, openTestLog, outcomeOf, removeHomes } from './test-log.ts'

afterAll(removeHomes)

async function fill(log: AuditLog, exchanges: number): Promise<void> {
  for (let number = 0; number < exchanges; number++) {
    await log.append(decisionOf(exchangeId(number), 'deny'), 'process')
    await log.append(outcomeOf(exchangeId(number)), 'process')
  }
}

const soon = (room: Promise<void>): Promise<string> =>
  Promise.race([room.then(() => 'room'), Promise.resolve('not yet')])

test('there is room at once while signing keeps up', async () => {
  const log = await openTestLog(await makeHome(), { files: hastyFiles })
  await fill(log, 100)
  const signed = log.size
  await log.room()
  expect(log.size).toBe(signed)
  await log.close()
})

test('behind a flood there is room once enough of it was signed, and everything still stands', async () => {
  const log = await openTestLog(await makeHome(), { files: hastyFiles })
  await fill(log, 9_000)
  const room = log.room()
  expect(await soon(room)).toBe('not yet')
  // Whoever is somebody waits for nobody.
  await log.append(decisionOf(exchangeId(20_000)), 'process')
  expect(await soon(room)).toBe('not yet')
  await room
  expect(log.healthy()).toEqual({ ok: true })
  await log.close()
}, 20_000)

test('a log that is closed keeps nobody waiting', async () => {
  const log = await openTestLog(await makeHome(), { files: hastyFiles })
  await fill(log, 9_000)
  const room = log.room()
  await log.close()
  await room
  await log.room()
}, 20_000)
