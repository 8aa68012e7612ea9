// Whoever can write beside a log can put anything there: no such thing keeps the verifier from its verdicts.
import { afterAll, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { mkdir, rename, rm, symlink, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { findExchange } from '#audit/find-exchange.ts'
import { decisionOf, exchangeId, makeHome, openTestLog, outcomeOf, removeHomes } from '#audit/test-log.ts'
import { verifyAll } from './verify-all.ts'

afterAll(removeHomes)

async function twoLogs() {
  const home = await makeHome()
  for (const [at, name] of ['gateway-0', 'gateway-1'].entries()) {
    const log = await openTestLog(home, { log: name, seed: name })
    await log.append(decisionOf(exchangeId(at)), 'process')
    await log.append(outcomeOf(exchangeId(at)), 'process')
    await log.close()
  }
  return home
}

const makePipe = (path: string) => expect(spawnSync('mkfifo', [path]).status).toBe(0)

async function problemsOf(audit: string): Promise<readonly (readonly string[])[]> {
  const { logs } = await verifyAll(audit)
  return logs.map(({ problems }) => problems.map(({ kind, message }) => `${kind}: ${message}`))
}

for (const name of ['key.pub', 'checkpoint', 'tile/0/000.p/3', 'tile/entries/000.p/3', 'journal/99999999']) {
  test(`a pipe as ${name} is one problem of its log, and the other log has its verdict`, async () => {
    const { audit } = await twoLogs()
    await rm(join(audit, 'gateway-0', name), { force: true })
    makePipe(join(audit, 'gateway-0', name))
    expect(await problemsOf(audit)).toEqual([[`unreadable: ${name} is not a regular file`], []])
    expect((await findExchange(audit, exchangeId(1)))?.outcomes).toHaveLength(1)
  })
}

test('a directory as key.pub, and a key.pub larger than any note, are one problem', async () => {
  const { audit } = await twoLogs()
  await rm(join(audit, 'gateway-0/key.pub'))
  await mkdir(join(audit, 'gateway-0/key.pub'))
  await truncate(join(audit, 'gateway-1/key.pub'), 5 * 2 ** 30)
  expect(await problemsOf(audit)).toEqual([
    ['unreadable: key.pub is not a regular file'],
    ['unreadable: key.pub is larger than 65536 bytes'],
  ])
})

test('a log directory that is a symbolic link is followed neither by a verification nor by a search', async () => {
  const { audit } = await twoLogs()
  await rename(join(audit, 'gateway-0'), join(audit, '../elsewhere'))
  await symlink('../elsewhere', join(audit, 'gateway-0'))
  expect(await problemsOf(audit)).toEqual([
    ['unreadable: gateway-0 is a symbolic link: log directories are not followed through links'],
    [],
  ])
  expect(await findExchange(audit, exchangeId(0))).toBeUndefined()
})
