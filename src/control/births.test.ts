import { afterAll, expect, test } from 'bun:test'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Entry, Trail } from '#access/trail.ts'
import { makeHome, openTestLog, removeHomes } from '#audit/test-log.ts'
import { recordBirths } from './births.ts'

afterAll(removeHomes)

/** Logs with their keys, and beside them others with `key.pub` alone. */
async function audit(logs: readonly string[], others: Readonly<Record<string, string>> = {}) {
  const home = await makeHome()
  const born = new Map<string, string>()
  for (const log of logs) {
    const opened = await openTestLog(home, { log, seed: log })
    born.set(log, opened.verifierKey)
    await opened.close()
  }
  for (const [log, key] of Object.entries(others)) {
    await mkdir(join(home.audit, log), { recursive: true })
    await writeFile(join(home.audit, log, 'key.pub'), `${key}\n`)
  }
  return { folders: { directory: home.audit, keys: home.keys }, born }
}

function remembering(): { readonly trail: Trail; readonly entries: Entry[] } {
  const entries: Entry[] = []
  const append: Trail['append'] = async (entry) => {
    entries.push(entry)
    return { log: 'control', index: entries.length, id: '', hash: '' }
  }
  return { trail: { append }, entries }
}

test('each log is born once, and the control log has no birth of its own to tell', async () => {
  const { folders, born } = await audit(['gateway-0', 'gateway-1', 'control'])
  const { trail, entries } = remembering()
  const known = { born: new Map([['gateway-0', born.get('gateway-0') ?? '']]), strange: new Set<string>() }
  await recordBirths(folders, known, trail)
  await recordBirths(folders, known, trail)
  const after = born.get('gateway-1') ?? ''
  expect(entries).toEqual([
    { kind: 'change', what: 'log-birth', subject: 'gateway-1', by: 'control', why: 'a new log', after },
  ])
})

test('a log that comes back under another key is an indicator, once, and not born again', async () => {
  const { folders } = await audit([], { 'gateway-0': 'forged' })
  const { trail, entries } = remembering()
  const known = { born: new Map([['gateway-0', 'a']]), strange: new Set<string>() }
  await recordBirths(folders, known, trail)
  await recordBirths(folders, known, trail)
  // The first 16 hex digits of sha256("forged").
  expect(entries).toEqual([{ kind: 'indicator', indicator: 'log-key-changed: gateway-0 ccdd35168ab474fa' }])
})

test('a log whose key is not in keys/ has no birth, and is an indicator, once, whatever its key.pub becomes', async () => {
  const { folders } = await audit(['gateway-0'], { 'owner-2': 'forged', 'control-2': 'forged' })
  const { trail, entries } = remembering()
  const known = { born: new Map<string, string>(), strange: new Set<string>() }
  await recordBirths(folders, known, trail)
  await writeFile(join(folders.directory, 'owner-2', 'key.pub'), 'another')
  await recordBirths(folders, known, trail)
  const said = entries.map((entry) => ('indicator' in entry ? entry.indicator : 'subject' in entry && entry.subject))
  expect(said.sort()).toEqual(['gateway-0', 'log-without-key: control-2', 'log-without-key: owner-2'])
})

test('a log is born with its key in keys/, not with the one that somebody put beside it', async () => {
  const { folders, born } = await audit(['gateway-0', 'gateway-1'])
  await cp(join(folders.directory, 'gateway-1/key.pub'), join(folders.directory, 'gateway-0/key.pub'))
  const { trail, entries } = remembering()
  await recordBirths(folders, { born: new Map(), strange: new Set() }, trail)
  expect(entries).toContainEqual(expect.objectContaining({ subject: 'gateway-0', after: born.get('gateway-0') }))
})
