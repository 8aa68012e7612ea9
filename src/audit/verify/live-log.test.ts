// A verification takes no lock, and a writer goes on meanwhile.
import { afterAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { decisionOf, exchangeId, makeHome, openTestLog, outcomeOf, removeHomes } from '#audit/test-log.ts'
import { verifyLog } from './verify-log.ts'

afterAll(removeHomes)

test('entries that wait in the journal are counted while the log is being written', async () => {
  const home = await makeHome()
  const log = await openTestLog(home)
  for (const number of [1, 2, 3]) await log.append(decisionOf(exchangeId(number)), 'process')
  expect(await verifyLog(join(home.audit, 'gateway-0'))).toMatchObject({ ok: true, entries: 1, waiting: 3 })
  await log.integrate()
  expect(await verifyLog(join(home.audit, 'gateway-0'))).toMatchObject({ ok: true, entries: 4, waiting: 0 })
  await log.close()
})

test('a log that is written to all the while verifies each time', async () => {
  const home = await makeHome()
  const log = await openTestLog(home, { interval: 1 })
  let number = 0
  for (let turn = 0; turn < 30; turn++) {
    const looking = verifyLog(join(home.audit, 'gateway-0'))
    for (let count = 0; count < 37; count++) await log.append(outcomeOf(exchangeId(number++)), 'process')
    await log.integrate()
    expect((await looking).problems).toEqual([])
  }
  await log.close()
})
