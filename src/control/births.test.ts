import { expect, test } from 'bun:test'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Entry, Trail } from '#access/trail.ts'
import { recordBirths } from './births.ts'

async function audit(keys: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'births-'))
  for (const [log, key] of Object.entries(keys)) {
    await mkdir(join(directory, log))
    await writeFile(join(directory, log, 'key.pub'), `${key}\n`)
  }
  return directory
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
  const directory = await audit({ 'gateway-0': 'a', 'gateway-1': 'b', control: 'c' })
  const { trail, entries } = remembering()
  const known = { born: new Map([['gateway-0', 'a']]), strange: new Set<string>() }
  await recordBirths(directory, known, trail)
  await recordBirths(directory, known, trail)
  expect(entries).toEqual([
    { kind: 'change', what: 'log-birth', subject: 'gateway-1', by: 'control', why: 'a new log', after: 'b' },
  ])
})

test('a log that comes back under another key is an indicator, once, and not born again', async () => {
  const directory = await audit({ 'gateway-0': 'forged' })
  const { trail, entries } = remembering()
  const known = { born: new Map([['gateway-0', 'a']]), strange: new Set<string>() }
  await recordBirths(directory, known, trail)
  await recordBirths(directory, known, trail)
  // The first 16 hex digits of sha256("forged").
  expect(entries).toEqual([{ kind: 'indicator', indicator: 'log-key-changed: gateway-0 ccdd35168ab474fa' }])
})
