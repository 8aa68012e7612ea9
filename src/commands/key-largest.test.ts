import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { readEntries } from '#audit/read.ts'
import { createKey } from './key-create.ts'
import { revokeKeys } from './key-revoke.ts'
import { rotateKey } from './key-rotate.ts'
import { anOwner } from './key.fixture.ts'

/** As large as the tool lets them be: texts that are escaped twice in the log, and the longest names. */
const longest = (names: number): string => {
  const text = '"\\'.repeat(200)
  const lists = [
    `--models ${Array.from({ length: names }, (_, at) => `m${at}`.padEnd(128, 'x')).join()}`,
    ...Array.from(
      { length: 64 },
      (_, at) => `--network 2001:db8:${(0xa000 + at).toString(16)}:ffff:ffff:ffff:ffff:ffff/128`,
    ),
    `--users ${Array.from({ length: 16 }, (_, at) => `u${at}`.padEnd(64, 'x')).join()}`,
  ]
  return `--app ${text} --owner ${text} --team ${'t'.repeat(64)} --environment ${text} --use ${text} ${lists.join(' ')} --expires 30d --why ${text}`
}

test('every entry of the largest key that there can be is whole, from its making to its end', async () => {
  const { run, home } = await anOwner()
  let names = 100
  let made = await run(createKey, longest(names))
  expect(made.code).toBe(2)
  expect(made.err[0]).toStartWith('✗ --models  ')
  expect(made.err[0]).toContain('makes the key larger than 14 KiB')
  while (made.code !== 0) made = await run(createKey, longest((names -= 1)))
  expect(names).toBeGreaterThan(20)
  const id = made.out[0]?.slice(3, 15) ?? ''
  const why = '"\\'.repeat(200)
  for (let turn = 0; turn < 10; turn += 1) await run(rotateKey, `${id} --overlap 30d --why ${why}`)
  await run(revokeKeys, `${id} --why ${why}`)
  const entries = []
  for await (const entry of readEntries(join(home, 'audit', 'owner'))) if (entry['what'] === 'key') entries.push(entry)
  expect(entries.length).toBe(12)
  for (const entry of entries) {
    expect(Object.hasOwn(entry, 'truncated')).toBe(false)
    for (const side of ['before', 'after']) {
      const text = entry[side]
      if (typeof text === 'string') expect(JSON.parse(text)).toBeObject()
    }
  }
  expect(Buffer.byteLength(String(entries[0]?.['after']))).toBeGreaterThan(14_000)
  expect(JSON.parse(String(entries[11]?.['after']))).toEqual({ revoked: { at: '2026-11-21T12:00:00Z', why } })
})
