import { expect, test } from 'bun:test'
import { nameAt } from './json-name.ts'
import { wordOf } from './json-node.ts'
import { readJson } from './json.ts'

const read = (name: string): string => {
  const bytes = Buffer.from(`"${name}"`)
  return nameAt(bytes, 1, bytes.length - 1)
}

test('a name is what its bytes say, whatever names were read before', () => {
  const names = ['', 'a', 'role', 'roles', 'é', 'Ã©', '\u0001', 'k'.repeat(32), 'k'.repeat(33), '😀', '\0\0', '\0']
  for (let at = 0; at < 4000; at++) names.push(`name-${at * 7919}`)
  for (let round = 0; round < 2; round++)
    for (const name of names) if (read(name) !== name) expect(read(name)).toBe(name)
  expect(names.length).toBe(4012)
})

test('a word is what its string says, however it is written, and however long', () => {
  for (const [written, word] of [
    ['"user"', 'user'],
    ['"us\\u0065r"', 'user'],
    ['"é"', 'é'],
    ['""', ''],
    [`"${'k'.repeat(40)}"`, 'k'.repeat(40)],
  ] as const) {
    const node = readJson(Buffer.from(written))
    expect([written, node.kind === 'string' && wordOf(node)]).toEqual([written, word])
  }
})
