import { expect, test } from 'bun:test'
import { nameAt } from './json-name.ts'

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
